/** The repository's own SSE reader, behind one function: what changes there is felt here alone. */
import { Effect, Stream } from "effect"
import * as Sse from "../../src/internal/Sse.ts"

/**
 * Reads the events of a body and tells how many there were.
 *
 * Today's reader parses each event, whether anybody asks or not.
 */
export const read = (chunks: ReadonlyArray<Uint8Array>, parsed: boolean): Promise<number> =>
  Effect.runPromise(
    Stream.runFold(
      Sse.decode(Stream.fromIterable(chunks)),
      () => 0,
      (count, { value }) => parsed && value === undefined ? count : count + 1
    )
  )
