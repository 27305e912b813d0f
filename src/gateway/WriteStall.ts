/**
 * Cuts off callers that have stopped reading. Backpressure holds their providers back, for as long as it lasts; so it
 * must not last for ever, or whoever stops reading keeps a call, and what it costs, with no more than an open socket.
 *
 * One look goes over all connections that carry a request, a few times in the time allowed: a request, and a caller who
 * reads, cost nothing.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { hasProperty, isNumber } from "effect/Predicate"
import type * as Scope from "effect/Scope"
import type { Socket } from "node:net"
import type { DrainingServer } from "./DrainingServer.ts"

/** What nginx's `send_timeout` is, and a proxy on the way would not wait for longer. */
export const standard: Duration.Input = "60 seconds"

/** How often it is looked in the time allowed; a cut may come later than that by one of these parts. */
const looks = 4

/** How far a connection had got when it was last seen to get on. */
interface Mark {
  readonly written: number
  readonly queued: number
  readonly since: number
}

/** Destroys the connections to which nothing could be written for this long though bytes wait. 0 turns it off. */
export const watch = (
  server: DrainingServer,
  allowed: Duration.Input
): Effect.Effect<void, never, Scope.Scope> => {
  const limit = Duration.toMillis(Duration.fromInputUnsafe(allowed))
  if (limit === 0 || limit === Infinity) return Effect.void
  const marks = new WeakMap<Socket, Mark>()
  const look = Effect.map(Clock.currentTimeMillis, (now) => {
    for (const socket of server.carrying()) {
      if (socket.writableLength === 0) {
        marks.delete(socket)
        continue
      }
      // Of the writes that have ended, and of the one that has not.
      const written = socket.bytesWritten - socket.writableLength
      const queued = queuedIn(socket)
      const mark = marks.get(socket)
      if (mark === undefined || mark.written !== written || mark.queued !== queued) {
        marks.set(socket, { written, queued, since: now })
      } else if (now - mark.since >= limit) socket.destroy()
    }
  })
  return Effect.asVoid(Effect.forkScoped(Effect.forever(Effect.delay(look, Duration.millis(limit / looks)))))
}

/** What the system has not taken yet of the write under way: how Node's own socket timer sees that a slow one goes on. */
const queuedIn = (socket: Socket): number => {
  const handle = hasProperty(socket, "_handle") ? socket._handle : undefined
  return hasProperty(handle, "writeQueueSize") && isNumber(handle.writeQueueSize) ? handle.writeQueueSize : 0
}
