/** The repository's own SSE reader, behind one function: what changes there is felt here alone. */
import * as Sse from "../../src/wire/Sse.ts"

/** Reads a body: its events are counted, and parsed where that is asked for. */
export const read = (chunks: ReadonlyArray<Uint8Array>, parsed: boolean): number => {
  const reader = Sse.reader()
  let count = 0
  for (const bytes of chunks) {
    const read = reader.feed(bytes)
    if ("_tag" in read) throw new Error("a frame is too long")
    for (const chunk of read) {
      if (!parsed) count += chunk.frames.length
      else for (const { value } of chunk.frames) count += value === undefined ? 0 : 1
    }
  }
  return count
}
