/** A provider on raw sockets: it reads requests, and answers with whatever bytes and pauses it is told. */
import { Duration, Effect, FiberSet } from "effect"
import type { Scope } from "effect"
import { createServer, type Socket } from "node:net"
import { turns } from "../support/turns.ts"

/** What is done next to the connection of a call. */
export type Step =
  /** These bytes are written at once. */
  | string
  | Uint8Array
  /** These are, a few at a time, each of them in a turn of the event loop of its own. */
  | { readonly text: string; readonly atATime: number }
  /** Nothing is done for a while. */
  | { readonly wait: Duration.Input }
  /** These are written again and again, as long as somebody reads; with a pause where there is one. */
  | { readonly endless: string | Uint8Array; readonly wait?: Duration.Input }
  /** Nothing is ever done again. */
  | "hold"
  | "fin"
  | "reset"

/** A request as it came in. */
export interface Call {
  readonly path: string
  /** The header as it was sent. */
  readonly head: string
  readonly body: string
}

export interface Provider {
  readonly url: string
  /** All that were made. */
  readonly calls: Array<Call>
  /** How many calls are not over: neither answered whole nor closed. */
  readonly open: () => number
  readonly sockets: () => number
}

const write = (socket: Socket, bytes: string | Uint8Array): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (socket.destroyed || socket.write(bytes)) return Effect.void
    return Effect.callback<void>((resume) => {
      const go = () => resume(Effect.void)
      socket.once("drain", go).once("close", go)
    })
  })

const play = (socket: Socket, step: Step): Effect.Effect<void> => {
  if (step === "hold") return Effect.never
  if (step === "fin") return Effect.sync(() => socket.end())
  if (step === "reset") return Effect.sync(() => socket.resetAndDestroy())
  if (typeof step === "string" || step instanceof Uint8Array) return write(socket, step)
  if ("endless" in step) {
    const pause = step.wait === undefined ? Effect.void : Effect.sleep(step.wait)
    return Effect.whileLoop({
      while: () => !socket.destroyed,
      body: () => Effect.andThen(write(socket, step.endless), pause),
      step: () => {}
    })
  }
  if ("wait" in step) return Effect.sleep(step.wait)
  const bytes = Buffer.from(step.text)
  return Effect.forEach(
    Array.from({ length: Math.ceil(bytes.length / step.atATime) }, (_, index) => index * step.atATime),
    (at) => Effect.andThen(write(socket, bytes.subarray(at, at + step.atATime)), turns(1)),
    { discard: true }
  )
}

const separator = "\r\n\r\n"

export const make = (answer: (call: Call) => ReadonlyArray<Step>): Effect.Effect<Provider, never, Scope.Scope> =>
  Effect.gen(function*() {
    const run = yield* FiberSet.makeRuntime()
    const calls: Array<Call> = []
    const sockets = new Set<Socket>()
    let open = 0

    const serve = (socket: Socket, call: Call): void => {
      calls.push(call)
      open++
      let isOver = false
      const over = () => {
        if (!isOver) open--
        isOver = true
      }
      socket.once("close", over)
      const steps = answer(call)
      const left = Effect.callback<void>((resume) => {
        socket.once("close", () => resume(Effect.void))
      })
      run(Effect.andThen(
        Effect.raceFirst(Effect.forEach(steps, (step) => play(socket, step), { discard: true }), left),
        // A connection that is being closed is over once it is.
        Effect.sync(() => {
          if (!socket.writableEnded) over()
        })
      ))
    }

    const server = createServer({ allowHalfOpen: false, noDelay: true }, (socket) => {
      sockets.add(socket)
      // A connection carries many calls, each of which wants to know when it closes.
      socket.setMaxListeners(0)
      let received = Buffer.alloc(0)
      socket.on("error", () => {})
      socket.on("close", () => sockets.delete(socket))
      socket.on("data", (bytes: Buffer) => {
        received = Buffer.concat([received, bytes])
        const end = received.indexOf(separator)
        if (end === -1) return
        const head = received.subarray(0, end).toString("latin1")
        const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0)
        const from = end + separator.length
        if (received.length < from + length) return
        const body = received.subarray(from, from + length).toString()
        received = received.subarray(from + length)
        serve(socket, { path: head.split(" ", 2)[1] ?? "", head, body })
      })
    })
    yield* Effect.acquireRelease(
      Effect.callback<void>((resume) => {
        server.listen(0, "127.0.0.1", () => resume(Effect.void))
      }),
      () =>
        Effect.callback<void>((resume) => {
          for (const socket of sockets) socket.destroy()
          server.close(() => resume(Effect.void))
        })
    )
    const address = server.address()
    const port = address !== null && typeof address === "object" ? address.port : 0
    return { url: `http://127.0.0.1:${port}`, calls, open: () => open, sockets: () => sockets.size }
  })
