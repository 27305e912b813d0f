/** OpenAI's listing of models (its API reference), with what the router can do with each. */
import type { ListedModel, Listing } from "../../Dialect.ts"
import type { JsonObject } from "../../wire/Json.ts"

const entry = ({ created, flexinference, id, provider }: ListedModel): JsonObject => ({
  id,
  object: "model",
  created,
  owned_by: provider,
  flexinference
})

export const listing: Listing = {
  paths: ["/v1/models"],
  knownBy: [],
  entry,
  page: (models) => ({ object: "list", data: models.map(entry) })
}
