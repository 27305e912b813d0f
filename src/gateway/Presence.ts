/**
 * Whether a request's caller is still there when the request is about to cost something. Who asks and leaves at once
 * says both in one breath, but the event loop hears the second only when it looks at the socket again: so the first
 * request of a connection waits for that, and so does every one in a crowd. The others lose no time.
 */
import * as Effect from "effect/Effect"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import { IncomingMessage } from "node:http"
import type { Socket } from "node:net"
import * as Turns from "./Turns.ts"

/** Waits for a request's turn; a request whose caller has gone is interrupted. */
export const make = Effect.map(
  Turns.make(4),
  ({ wait }) => {
    const known = new WeakSet<Socket>()
    return ({ source }: HttpServerRequest.HttpServerRequest): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (!(source instanceof IncomingMessage)) return Effect.void
        const { socket } = source
        const isKnown = known.has(socket)
        if (!isKnown) known.add(socket)
        return Effect.flatMap(wait(isKnown), () => hasLeft(socket) ? Effect.interrupt : Effect.void)
      })
  }
)

/** A socket that has read its end has said its own: half closed is closed. Its `close` comes some turns later. */
const hasLeft = (socket: Socket): boolean => socket.destroyed || socket.writableEnded
