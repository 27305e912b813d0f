/** Anthropic's listing of models, as the types of its SDK have it: what nobody knows here is `null`. */
import type { ListedModel, Listing } from "../../Dialect.ts"
import type { JsonObject } from "../../wire/Json.ts"

const entry = ({ created, flexinference, id, retires }: ListedModel): JsonObject => ({
  type: "model",
  id,
  display_name: id,
  created_at: new Date(created * 1000).toISOString(),
  lifecycle: retires === undefined ? "active" : "deprecated",
  deprecated_at: null,
  retires_at: retires === undefined ? null : new Date(retires).toISOString(),
  line: null,
  capabilities: null,
  max_input_tokens: null,
  max_tokens: null,
  flexinference
})

export const listing: Listing = {
  paths: ["/v1/models"],
  knownBy: ["anthropic-version"],
  entry,
  page: (models) => ({
    data: models.map(entry),
    has_more: false,
    first_id: models[0]?.id ?? null,
    last_id: models.at(-1)?.id ?? null
  })
}
