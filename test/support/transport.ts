/** A transport that answers every call alike. */
import { Cause, Effect, Layer } from "effect"
import * as Transport from "../../src/Transport.ts"

export interface Wire {
  readonly status?: number
  readonly headers?: { readonly [name: string]: string }
  readonly body?: string
}

/** `seen` takes the calls that were made; a `wire` without a body has `otherwise` for one. */
export const layer = (seen: Array<Transport.Request>, wire: Wire, otherwise: string) =>
  Layer.succeed(
    Transport.Transport,
    Transport.make((request) =>
      Effect.sync(() => {
        seen.push(request)
        let sent = false
        return {
          status: wire.status ?? 200,
          headers: { "content-type": "application/json", ...wire.headers },
          pull: Effect.suspend(() => {
            if (sent) return Cause.done()
            sent = true
            return Effect.succeed(new TextEncoder().encode(wire.body ?? otherwise))
          })
        }
      })
    )
  )
