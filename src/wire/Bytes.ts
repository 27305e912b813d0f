/** Pieces of bytes as one. */
export const join = (chunks: ReadonlyArray<Uint8Array>): Uint8Array => {
  const [first] = chunks
  if (first !== undefined && chunks.length === 1) return first
  const out = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    out.set(chunk, at)
    at += chunk.length
  }
  return out
}

const latin1 = new TextDecoder("latin1")

/** Bytes as text of one character each, ASCII as it is; Node's own buffers do it ten times as fast as its decoders. */
export const toLatin1: (bytes: Uint8Array) => string = typeof Buffer === "undefined"
  ? (bytes) => latin1.decode(bytes)
  : ({ buffer, byteLength, byteOffset }) => Buffer.from(buffer, byteOffset, byteLength).toString("latin1")
