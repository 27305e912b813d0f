/** A caller on a raw socket, who reads what is sent to it to the last byte. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { connect } from "node:net"
import { dialects } from "../../src/dialect/index.ts"
import type { BuiltInName as DialectName } from "../../src/dialect/index.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import { keys } from "../support/canary.ts"

export interface Seen {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
  /** Everything, as it came. */
  readonly raw: string
}

/** The bytes of a request. */
export const requestOf = (surface: DialectName, body: JsonObject, connection = "close"): string => {
  const text = JSON.stringify(body)
  return [
    `POST ${dialects[surface].paths[0]} HTTP/1.1`,
    "host: localhost",
    "content-type: application/json",
    `authorization: Bearer ${keys.gateway}`,
    `connection: ${connection}`,
    `content-length: ${Buffer.byteLength(text)}`,
    "",
    text
  ].join("\r\n")
}

/** Everything that comes on a connection until it closes; `isAll` says with a FIN that nothing more is sent. */
export const exchange = (url: string, sent: string | Uint8Array, isAll = false): Effect.Effect<Buffer> =>
  Effect.callback((resume) => {
    const { hostname, port } = new URL(url)
    const received: Array<Buffer> = []
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true }, () => {
      if (isAll) socket.end(sent)
      else socket.write(sent)
    })
    socket.on("data", (bytes: Buffer) => received.push(bytes))
    socket.on("error", () => {})
    socket.on("end", () => socket.end())
    socket.on("close", () => resume(Effect.succeed(Buffer.concat(received))))
    return Effect.sync(() => socket.destroy())
  })

/** One response and nothing beside it: every byte is accounted for. */
export const read = (bytes: Buffer): Seen => {
  const raw = bytes.toString("latin1")
  const end = raw.indexOf("\r\n\r\n")
  assert.isAbove(end, -1, `no response: ${raw.slice(0, 200)}`)
  const [status = "", ...lines] = raw.slice(0, end).split("\r\n")
  const headers = new Map(lines.map((line) => {
    const colon = line.indexOf(":")
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
  }))
  const rest = bytes.subarray(end + 4)
  const length = headers.get("content-length")
  if (length !== undefined) assert.strictEqual(rest.length, Number(length), "the length that was said")
  else assert.strictEqual(headers.get("transfer-encoding"), "chunked", raw.slice(0, 600))
  return {
    status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(status)?.[1]),
    headers,
    body: (length === undefined ? unchunked(rest) : rest).toString(),
    raw
  }
}

const unchunked = (bytes: Buffer): Buffer => {
  const chunks: Array<Buffer> = []
  let at = 0
  while (true) {
    const end = bytes.indexOf("\r\n", at)
    assert.isAbove(end, -1, "the body was cut off")
    const size = Number.parseInt(bytes.subarray(at, end).toString(), 16)
    const next = end + 2 + size
    assert.strictEqual(bytes.subarray(next, next + 2).toString(), "\r\n", "a chunk as long as it says")
    if (size === 0) {
      assert.strictEqual(next + 2, bytes.length, "nothing behind the last chunk")
      return Buffer.concat(chunks)
    }
    chunks.push(bytes.subarray(end + 2, next))
    at = next + 2
  }
}
