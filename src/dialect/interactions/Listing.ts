/** Google's listing of models (`GET /v1beta/models`, vendor documentation; its SDK asks at `/v1/models`), all on one page. */
import type { ListedModel, Listing } from "../../Dialect.ts"
import type { JsonObject } from "../../wire/Json.ts"

const entry = ({ flexinference, id }: ListedModel): JsonObject => ({
  name: `models/${id}`,
  baseModelId: id,
  version: id,
  displayName: id,
  supportedGenerationMethods: ["createInteraction", "countTokens"],
  flexinference
})

export const listing: Listing = {
  paths: ["/v1beta/models", "/v1/models"],
  knownBy: ["x-goog-api-client", "x-goog-api-key"],
  entry,
  page: (models) => ({ models: models.map(entry) })
}
