/** The model listing (contract (a)): OpenAI's shape, with what can be raced at which tiers. */
import type { JsonObject } from "../wire/Json.ts"
import * as ModelCatalog from "../ModelCatalog.ts"

/** One model, as OpenAI's clients know it. */
export const entry = (catalog: ModelCatalog.ModelCatalog, model: ModelCatalog.Model): JsonObject => ({
  id: model.id,
  object: "model",
  created: ModelCatalog.created(catalog),
  owned_by: model.provider,
  flexinference: {
    flex_race: model.flex,
    tiers: ModelCatalog.tiers(model),
    providers: [model.provider],
    open_source: false
  }
})

/** Every model of the catalogue. */
export const list = (catalog: ModelCatalog.ModelCatalog): JsonObject => ({
  object: "list",
  data: Array.from(catalog.models.values(), (model) => entry(catalog, model))
})
