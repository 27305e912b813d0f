/** The gateway's own name for a request: the one that its caller gave it in `x-request-id`, where that is one. */
import * as Effect from "effect/Effect"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as Random from "effect/Random"

/** What any log and any header can hold. */
const isSane = (id: string): boolean => /^[\w.:=+/-]{1,128}$/.test(id)

/** Names requests: a random beginning for this gateway, and a count. */
export const make: Effect.Effect<(request: HttpServerRequest.HttpServerRequest) => string> = Effect.map(
  Effect.all([Random.nextInt, Random.nextInt]),
  (parts) => {
    const own = parts.map((part) => Math.abs(part).toString(36)).join("")
    let count = 0
    return ({ headers }) => {
      const given = headers["x-request-id"]
      return given !== undefined && isSane(given) ? given : `req_${own}_${(count++).toString(36)}`
    }
  }
)
