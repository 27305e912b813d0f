/** The model listing (contract (a)): OpenAI's shape, with what can be raced at which tiers, and until when. */
import * as Duration from "effect/Duration"
import type { JsonObject } from "../wire/Json.ts"
import * as ModelCatalog from "../ModelCatalog.ts"

/** One model, under one of its names, as OpenAI's clients know it. */
export const entry = (
  catalog: ModelCatalog.ModelCatalog,
  model: ModelCatalog.Model,
  id: string = model.id
): JsonObject => ({
  id,
  object: "model",
  created: ModelCatalog.created(catalog),
  owned_by: model.provider,
  flexinference: {
    flex_race: model.flex,
    tiers: ModelCatalog.tiers(model),
    providers: [model.provider],
    open_source: false,
    ...(model.retires === undefined ? {} : { retires: model.retires })
  }
})

/** How long before its end a model's answers say so. */
const notice = Duration.toMillis(Duration.days(30))

/** The day on which a model's provider stops serving it, where that is less than 30 days from now. */
export const retiresSoon = (catalog: ModelCatalog.ModelCatalog, model: string, now: number): string | undefined => {
  const retires = ModelCatalog.retires(catalog, model)
  return retires === undefined || Date.parse(retires) > now + notice ? undefined : retires.slice(0, 10)
}

/** Every model of the catalogue, by every name. */
export const list = (catalog: ModelCatalog.ModelCatalog): JsonObject => ({
  object: "list",
  data: [...catalog.models.values()].flatMap((model) =>
    [model.id, ...(model.aliases ?? [])].map((id) => entry(catalog, model, id))
  )
})
