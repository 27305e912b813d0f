/** The repository's own SSE reader, behind one function: what changes there is felt here alone. */
import * as Sse from "../../src/wire/Sse.ts"

/** Reads a body: its events are counted, and parsed where that is asked for. Where not, they are handed on as bytes. */
export const read = (chunks: ReadonlyArray<Uint8Array>, parsed: boolean): number => {
  const reader = Sse.reader()
  let count = 0
  const add = (chunk: ReturnType<Sse.Reader["feed"]>) => {
    if (chunk === undefined || !("frames" in chunk)) return
    if (!parsed) count += chunk.bytes.length
    else for (const { value } of chunk.frames) count += value === undefined ? 0 : 1
  }
  for (const bytes of chunks) add(reader.feed(bytes))
  add(reader.end())
  return count
}
