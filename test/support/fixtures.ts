/**
 * Recorded provider traffic, where a checkout of it lies beside the project. The recordings are not part of the
 * project: without them these tests are skipped, and say so.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import path from "node:path"
import type { Json, JsonObject } from "../../src/wire/Json.ts"

const root = path.resolve(import.meta.dirname, "..", "..", "..", "shared", "fixtures")

export type Folder = "openai-responses" | "openai-chat" | "gemini-interactions" | "anthropic-messages"

/** Whether the recordings are there; pass it to `describe.skipIf`. */
export const absent = !existsSync(root)
if (absent) process.stderr.write("recorded traffic is not beside this checkout: the tests that read it are skipped\n")

/** One exchange: what was asked, and either a body or the payloads of a stream. */
export interface Recording {
  readonly name: string
  readonly request: JsonObject | undefined
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  /** A whole body that is JSON. */
  readonly body: Json | undefined
  /** The stream as bytes on the wire, SSE framing and all. */
  readonly sse: string | undefined
}

interface Exchange {
  readonly request: { readonly body?: JsonObject }
  readonly response: {
    readonly status: number
    readonly headers: { readonly [name: string]: string }
    readonly body?: Json
    readonly bodyText?: string
  }
}

/** The SSE text of recorded payloads: the event's name is its discriminator, and chat ends with `[DONE]`. */
const frame = (folder: Folder) => (payload: string): string => {
  const event: { readonly type?: string } = JSON.parse(payload)
  const named = folder === "openai-responses" || folder === "anthropic-messages"
  return `${named && event.type !== undefined ? `event: ${event.type}\n` : ""}data: ${payload}\n\n`
}

const read = (folder: Folder, file: string): ReadonlyArray<Recording> => {
  const content = readFileSync(path.join(root, folder, file), "utf8")
  const base = { request: undefined, status: 200, headers: {}, body: undefined, sse: undefined }
  if (file.endsWith(".exchange.json")) {
    const { exchanges }: { readonly exchanges: ReadonlyArray<Exchange> } = JSON.parse(content)
    return exchanges.map(({ request, response }, index) => ({
      name: exchanges.length === 1 ? file : `${file}#${index}`,
      request: request.body,
      status: response.status,
      headers: response.headers,
      body: response.body,
      sse: response.bodyText?.includes("data:") === true ? response.bodyText : undefined
    }))
  }
  if (file.endsWith(".sse.txt")) return [{ ...base, name: file, sse: content }]
  if (file.endsWith(".chunks.txt")) {
    const end = folder === "openai-chat"
      ? "data: [DONE]\n\n"
      : folder === "gemini-interactions"
      ? "event: done\ndata: [DONE]\n\n"
      : ""
    return [{
      ...base,
      name: file,
      sse: content.split("\n").filter((line) => line !== "").map(frame(folder)).join("") + end
    }]
  }
  const body: Json = JSON.parse(content)
  const failed = typeof body === "object" && body !== null && "error" in body && body.error !== null
  return [{ ...base, name: file, body, status: failed ? 400 : 200 }]
}

/** Every recording of a folder, in the order of the file names. */
export const recordings = (folder: Folder): ReadonlyArray<Recording> =>
  absent
    ? []
    : readdirSync(path.join(root, folder)).filter((file) => file !== "NOTICE.md").toSorted().flatMap((file) =>
      read(folder, file)
    )

/** One recording by name. */
export const recording = (folder: Folder, name: string): Recording => {
  const found = recordings(folder).find((recording) => recording.name === name)
  if (found === undefined) throw new Error(`no recording ${folder}/${name}`)
  return found
}
