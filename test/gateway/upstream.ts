/** A plain `node:http` server on the loopback interface, for tests that need real sockets. */
import { Deferred, Effect } from "effect"
import type { Scope } from "effect"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { Socket } from "node:net"

export interface Upstream {
  readonly url: string
  /** Completes when a request has come in. */
  readonly seen: Effect.Effect<void>
  /** Completes when a response was cut off before its end. */
  readonly aborted: Effect.Effect<void>
  readonly connections: () => number
  /** How many of them are open. */
  readonly open: () => number
}

const listen = (server: Server): Effect.Effect<string> =>
  Effect.callback((resume) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      if (address !== null && typeof address === "object") {
        resume(Effect.succeed(`http://127.0.0.1:${address.port}`))
      }
    })
  })

const close = (server: Server): Effect.Effect<void> =>
  Effect.callback((resume) => {
    server.closeAllConnections()
    server.close(() => resume(Effect.void))
  })

export const make = (
  handler: (request: IncomingMessage, response: ServerResponse, body: string) => void
): Effect.Effect<Upstream, never, Scope.Scope> =>
  Effect.gen(function*() {
    const seen = Deferred.makeUnsafe<void>()
    const aborted = Deferred.makeUnsafe<void>()
    let connections = 0
    const server = yield* Effect.acquireRelease(
      Effect.sync(() =>
        createServer((request, response) => {
          Deferred.doneUnsafe(seen, Effect.void)
          response.on("close", () => {
            if (!response.writableFinished) Deferred.doneUnsafe(aborted, Effect.void)
          })
          const chunks: Array<Buffer> = []
          request.on("data", (chunk: Buffer) => chunks.push(chunk))
          request.on("end", () => handler(request, response, Buffer.concat(chunks).toString()))
        })
      ),
      close
    )
    server.on("connection", () => connections++)
    const url = yield* listen(server)
    const sockets = new Set<Socket>()
    server.on("connection", (socket) => {
      sockets.add(socket)
      socket.on("close", () => sockets.delete(socket))
    })
    return {
      url,
      seen: Deferred.await(seen),
      aborted: Deferred.await(aborted),
      connections: () => connections,
      open: () => sockets.size
    }
  })
