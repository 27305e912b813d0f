/** The model listing (contract (a)): OpenAI's shape, with what can be raced at which tiers, and until when. */
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

/** Every model of the catalogue, by every name. */
export const list = (catalog: ModelCatalog.ModelCatalog): JsonObject => ({
  object: "list",
  data: [...catalog.models.values()].flatMap((model) =>
    [model.id, ...(model.aliases ?? [])].map((id) => entry(catalog, model, id))
  )
})
