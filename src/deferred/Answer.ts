/** The Responses object of a deferred request: the answer once there is one, and before that what its client polls. */
import * as Writer from "../dialect/responses/Writer.ts"
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"
import type { DeferredRequest } from "./Request.ts"

/** As `GET /v1/responses/{id}` gives it. */
export const of = ({ answer, createdAt, failure, id, request, status }: DeferredRequest): JsonObject => {
  const answered = answer === null ? undefined : Json.parseObject(answer)
  if (answered !== undefined) return answered
  const asked = Json.parseObject(request) ?? {}
  const seconds = Math.floor(createdAt / 1_000)
  return {
    ...Writer.responseShell(
      { request: asked, model: Json.string(asked, "model") ?? "", createdAt: seconds, id },
      {
        id,
        status,
        output: [],
        ...(failure === null ? {} : { error: failure })
      }
    ),
    background: true
  }
}
