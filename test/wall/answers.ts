/** What a provider says where nothing is wrong: a short answer of each format, in the pieces in which it is written. */
import type { Answering } from "../bench/answers/answer.ts"
import { chat } from "../bench/answers/chat.ts"
import { interactions } from "../bench/answers/interactions.ts"
import { messages } from "../bench/answers/messages.ts"
import { responses } from "../bench/answers/responses.ts"
import type { BuiltInName as DialectName } from "../../src/dialect/index.ts"

export interface Good {
  readonly stream: boolean
  readonly type: string
  /** Events, or an eighth of a body each. */
  readonly pieces: ReadonlyArray<string>
  /** How many of them tell of no output yet. */
  readonly admission: number
  /** In front of the pieces, where they are sent in chunks. */
  readonly head: string
}

interface Kind {
  readonly answering: Answering
  readonly admission: number
  /** What stands around the text in a stream. */
  readonly framing: number
}

const kinds: { readonly [dialect in DialectName]: Kind } = {
  responses: { answering: responses, admission: 2, framing: 8 },
  "chat.completions": { answering: chat, admission: 1, framing: 3 },
  interactions: { answering: interactions, admission: 2, framing: 6 },
  messages: { answering: messages, admission: 1, framing: 6 }
}

const words = 6

/** What it says, in any format: the first pieces of the answers. */
export const text = " the sky is blue because sun"

export const chunk = (piece: string): string => `${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`
export const lastChunk = "0\r\n\r\n"

export const headOf = (status: string, type: string, ...more: ReadonlyArray<string>): string =>
  [`HTTP/1.1 ${status}`, `content-type: ${type}`, ...more, "\r\n"].join("\r\n")

const eighths = (body: string): ReadonlyArray<string> => {
  const size = Math.ceil(body.length / 8)
  return Array.from({ length: 8 }, (_, index) => body.slice(index * size, (index + 1) * size))
}

export const good = (dialect: DialectName, tier: string, stream: boolean): Good => {
  const { admission, answering, framing } = kinds[dialect]
  const { body, events } = answering(framing + words, tier)
  const type = stream ? "text/event-stream" : "application/json"
  return {
    stream,
    type,
    pieces: stream ? events : eighths(body),
    admission: stream ? admission : 0,
    head: headOf("200 OK", type, "transfer-encoding: chunked")
  }
}

/** All of it. */
export const whole = ({ head, pieces }: Good): string => head + pieces.map(chunk).join("") + lastChunk
