/**
 * An answer's chunks as the bytes of a server-sent event stream. It always ends in a way its client understands: with
 * the dialect's own last frame, or with its error frames. In silence a comment keeps the connection awake.
 */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Channel from "effect/Channel"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { constVoid } from "effect/Function"
import * as Pull from "effect/Pull"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Dialect } from "../Dialect.ts"
import type * as Draining from "../Draining.ts"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import type { StreamAnswer } from "../Router.ts"
import * as Watch from "../router/Watch.ts"
import * as Sse from "../wire/Sse.ts"
import * as Fault from "./Fault.ts"
import * as Refusal from "./GatewayError.ts"

/** How long a stream may be silent before a comment is sent; clients and proxies give up after a minute. */
const silence = Duration.seconds(15)

const encoder = new TextEncoder()
/** What keeps a connection awake. */
export const comment = encoder.encode(Sse.comment("keep-alive"))
/** What a comment begins with. */
const colon = 0x3a

const over: Exit.Exit<never, Cause.Done> = Exit.fail(Cause.Done())

/** Bytes on their way to a client; the end is a whole one, whatever came before it. */
type Bytes = Pull.Pull<Uint8Array>

/** The bytes of an answer in this dialect. One that outlives its process ends with that error. */
export const encode = (
  chunks: StreamAnswer["chunks"],
  dialect: Pick<Dialect, "errorFrames">,
  draining?: Draining.State
): Stream.Stream<Uint8Array> =>
  Stream.fromChannel(
    Channel.fromTransform((_, scope) =>
      Effect.flatMap(Channel.toPullScoped(Stream.toChannel(chunks), scope), (pull) =>
        Effect.map(
          awake(bytes(pull, dialect), scope, draining),
          (pull) => Effect.mapEager(pull, Arr.of<Uint8Array>)
        ))
    )
  )

/** The bytes of chunks as they come, and those of an error that ends them in their place. */
interface Encoded {
  readonly pull: Bytes
  readonly failed: (error: FlexInferenceError) => Uint8Array
}

const bytes = (
  pull: Pull.Pull<Arr.NonEmptyReadonlyArray<Sse.FrameChunk>, FlexInferenceError>,
  dialect: Pick<Dialect, "errorFrames">
): Encoded => {
  let first: Sse.FrameChunk | undefined
  let last: Sse.FrameChunk | undefined
  let isOver = false

  const onSuccess = (chunks: Arr.NonEmptyReadonlyArray<Sse.FrameChunk>): Bytes => {
    for (const chunk of chunks) {
      // What closes a stream of chunks says nothing of it. Frames are looked for only where there may be none.
      if (chunk.bytes[0] === colon && chunk.frames.length === 0) continue
      first ??= chunk
      last = chunk
    }
    return Effect.succeed(chunks.length === 1 ? chunks[0].bytes : Buffer.concat(chunks.map(({ bytes }) => bytes)))
  }

  const failed = (error: FlexInferenceError): Uint8Array => {
    isOver = true
    const seen = { first: first?.frames[0]?.value, last: last?.frames.at(-1)?.value }
    return encoder.encode(dialect.errorFrames(error, seen).map(Sse.encode).join(""))
  }

  const onFailure = (cause: Cause.Cause<FlexInferenceError>): Bytes => Effect.map(Fault.errorOf(cause), failed)

  return {
    failed,
    pull: Effect.suspend(() =>
      isOver ? Cause.done() : Pull.matchEffect(pull, { onSuccess, onDone: () => Cause.done(), onFailure })
    )
  }
}

/**
 * A pull that answers with a comment when the other has been silent for too long. One fiber pulls, ahead by no more than
 * one, and one watches the clock; a chunk costs no fiber of its own.
 */
const awake = (
  { failed, pull }: Encoded,
  scope: Scope.Scope,
  draining: Draining.State | undefined
): Effect.Effect<Bytes> =>
  Clock.clockWith((clock) => {
    const watch = Watch.on(clock)
    let ready: Exit.Exit<Uint8Array, Cause.Done> | undefined
    let reader: ((next: Bytes) => void) | undefined
    let taken: (() => void) | undefined
    /** What ends it before its time, in order. */
    let endings: Array<Exit.Exit<Uint8Array, Cause.Done>> | undefined

    const speak = (next: Bytes): boolean => {
      const read = reader
      if (read === undefined) return false
      reader = undefined
      watch.touch()
      read(next)
      return true
    }

    const untilTaken = Effect.callback<void>((resume) => {
      if (ready === undefined) return resume(Effect.void)
      taken = () => resume(Effect.void)
    })

    const pump: Effect.Effect<void> = Effect.flatMap(Effect.exit(pull), (exit) => {
      if (!speak(exit)) ready = exit
      if (Exit.isFailure(exit)) {
        watch.stop()
        return Effect.void
      }
      return ready === undefined ? pump : Effect.andThen(untilTaken, pump)
    })

    const next: Bytes = Effect.callback((resume) => {
      const exit = ready ?? endings?.shift()
      if (exit === undefined) {
        reader = resume
        return
      }
      ready = undefined
      watch.touch()
      const go = taken
      taken = undefined
      resume(exit)
      go?.()
    })

    const begin = Effect.flatMap(Effect.forkDetach(pump, { startImmediately: true }), (fiber) => {
      if (fiber.pollUnsafe() !== undefined) return Effect.void
      const cut = (): void => {
        if (fiber.pollUnsafe() !== undefined) return
        watch.stop()
        fiber.interruptUnsafe()
        endings = [Exit.succeed(failed(Refusal.draining)), over]
        if (reader !== undefined) speak(endings.shift() ?? over)
      }
      const forget = draining?.onUp(cut) ?? constVoid
      const stop = Effect.sync(() => {
        forget()
        watch.stop()
        fiber.interruptUnsafe()
      })
      return Effect.andThen(
        Scope.addFinalizer(scope, stop),
        // Where nobody reads, the silence is not ours.
        watch.set(silence, () => {
          speak(Effect.succeed(comment))
          return "again"
        })
      )
    })

    return Effect.as(begin, next)
  })
