/** A transport that answers every call alike. */
import { Cause, Effect, Layer } from "effect"
import * as Transport from "../../src/Transport.ts"

export interface Wire {
  readonly status?: number
  readonly headers?: { readonly [name: string]: string }
  readonly body?: string
}

/** An answer that comes in one piece. */
export const answer = (status: number, headers: Wire["headers"], body: string): Transport.Response => {
  let sent = false
  return {
    status,
    headers: { "content-type": "application/json", ...headers },
    pull: Effect.suspend(() => {
      if (sent) return Cause.done()
      sent = true
      return Effect.succeed(new TextEncoder().encode(body))
    })
  }
}

/** `seen` takes the calls that were made; a `wire` without a body has `otherwise` for one. */
export const layer = (seen: Array<Transport.Request>, wire: Wire, otherwise: string) =>
  Layer.succeed(
    Transport.Transport,
    Transport.make((request) =>
      Effect.sync(() => {
        seen.push(request)
        return answer(wire.status ?? 200, wire.headers, wire.body ?? otherwise)
      })
    )
  )
