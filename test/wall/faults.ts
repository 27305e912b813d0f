/** What a provider can do instead of answering as it should, as data, and what each of it means for its caller. */
import { gzipSync } from "node:zlib"
import { chunk, type Good, headOf, lastChunk, whole } from "./answers.ts"
import type { Step } from "./provider.ts"

/**
 * What becomes of a call. `harmless`: it is answered. `no`: it has failed before any output. `torn`: it has started, and
 * its answer is not whole. `reported`: it has failed, in its provider's own words, which its caller gets.
 */
export type Meaning = "harmless" | "no" | "torn" | "reported"

/** How a call that was not answered is recorded. */
export type Outcome = "refused" | "failed" | "unreachable" | "timed_out" | "rejected"

export interface Fault {
  readonly name: string
  readonly steps: (good: Good) => ReadonlyArray<Step>
  /** Of a stream, and of a body. */
  readonly means: Meaning | readonly [Meaning, Meaning]
  /** Of a stream whose events go through as they came, where that is another. */
  readonly relayed?: Meaning
  /** The status of a caller who got no answer; of a stream, and of a body. */
  readonly status?: number | readonly [number, number]
  readonly outcome?: Outcome | readonly [Outcome, Outcome]
  /** Why the fallback tier is asked, where it is not `flex_not_started`. */
  readonly escalates?: "flex_capacity" | "flex_upstream_error"
  /** Whether only a clock ends it. */
  readonly slow?: boolean
  /** Whether it takes long, or much memory. */
  readonly heavy?: boolean
  /** No call is made at all: its connection fails so. */
  readonly connecting?: "ECONNREFUSED" | "ENOTFOUND"
  /** A header that the caller of one call gets. */
  readonly header?: readonly [name: string, value: string]
}

const error = JSON.stringify({ error: { message: "No.", type: "server_error", code: null, param: null } })
const page = "<!doctype html><html><body><h1>Something went wrong</h1></body></html>"

const answer = (status: string, type: string, body: string, ...more: ReadonlyArray<string>): ReadonlyArray<Step> => [
  headOf(status, type, `content-length: ${Buffer.byteLength(body)}`, ...more) + body
]

/** Pieces of a body that is sent in chunks. */
const chunks = (pieces: ReadonlyArray<string>): string => pieces.map(chunk).join("")

/** The beginning of an answer, up to its first words. */
export const begun = ({ admission, head, pieces }: Good): string => head + chunks(pieces.slice(0, admission + 4))
const admitted = ({ admission, head, pieces }: Good): string => head + chunks(pieces.slice(0, admission))

/** The whole answer, written otherwise. */
const rewritten = (rewrite: (body: string) => string) => ({ head, pieces, stream }: Good): ReadonlyArray<Step> => {
  const body = pieces.join("")
  return [head + chunks([stream ? rewrite(body) : body]) + lastChunk]
}

/** An answer with something in front of the piece with this number. */
const inserted = (at: (good: Good) => number, what: (good: Good) => string) => (good: Good): ReadonlyArray<Step> => {
  const place = at(good)
  const { head, pieces } = good
  return [head + chunks([...pieces.slice(0, place), what(good), ...pieces.slice(place)]) + lastChunk]
}

const cutShort = ({ stream }: Good): string => stream ? `data: {"type": "some\n\n` : `{"type": "some`
const malformed = ({ stream }: Good): string => stream ? `data: {"type": nonsense}\n\n` : `{"type": nonsense}`

const big = 20 * 1024 * 1024

export const faults: ReadonlyArray<Fault> = [
  {
    name: "429 with Retry-After",
    steps: () => answer("429 Too Many Requests", "application/json", error, "retry-after: 7"),
    means: "no",
    status: 429,
    outcome: "refused",
    escalates: "flex_capacity",
    header: ["retry-after", "7"]
  },
  {
    name: "429 without Retry-After",
    steps: () => answer("429 Too Many Requests", "application/json", error),
    means: "no",
    status: 429,
    outcome: "refused",
    escalates: "flex_capacity"
  },
  {
    name: "503",
    steps: () => answer("503 Service Unavailable", "application/json", error),
    means: "no",
    status: 503,
    outcome: "refused",
    escalates: "flex_capacity"
  },
  {
    name: "408",
    steps: () => answer("408 Request Timeout", "application/json", error),
    means: "no",
    status: 408,
    escalates: "flex_upstream_error"
  },
  {
    name: "500 with HTML",
    steps: () => answer("500 Oops", "text/html", page),
    means: "no",
    status: 500,
    escalates: "flex_upstream_error"
  },
  {
    name: "an empty 200",
    steps: () => answer("200 OK", "text/plain", ""),
    means: "no",
    outcome: ["failed", "unreachable"]
  },
  {
    name: "200 with HTML",
    steps: () => answer("200 OK", "text/html", page),
    means: "no",
    outcome: ["failed", "unreachable"]
  },
  {
    name: "200 with an error body",
    steps: () => answer("200 OK", "application/json", error),
    means: ["no", "reported"]
  },
  { name: "nothing at all", steps: () => ["hold"], means: "no", slow: true },
  { name: "headers only", steps: ({ head }) => [head, "hold"], means: "no", slow: true },
  {
    name: "keep-alives only",
    steps: ({ head, stream }) => [head, { endless: chunk(stream ? ": keep-alive\n\n" : " "), wait: "10 seconds" }],
    means: "no",
    slow: true
  },
  { name: "admission only", steps: (good) => [admitted(good), "hold"], means: "no", slow: true },
  {
    name: "a slow drip",
    steps: ({ head, pieces }) => [
      head,
      ...pieces.flatMap((piece): ReadonlyArray<Step> => [{ wait: "5 seconds" }, chunk(piece)]),
      lastChunk
    ],
    means: "harmless",
    slow: true
  },
  { name: "cut by FIN before the headers", steps: () => ["fin"], means: "no", outcome: "unreachable" },
  { name: "cut by RST before the headers", steps: () => ["reset"], means: "no", outcome: "unreachable" },
  {
    name: "cut by FIN in the headers",
    steps: ({ head }) => [head.slice(0, 30), "fin"],
    means: "no",
    outcome: "unreachable"
  },
  {
    name: "cut by FIN before any output",
    steps: (good) => [admitted(good), "fin"],
    means: "no",
    outcome: ["unreachable", "failed"]
  },
  { name: "cut by FIN", steps: (good) => [begun(good), "fin"], means: ["torn", "no"] },
  {
    name: "cut by RST",
    // The bytes before a reset are lost unless they have been read.
    steps: (good) => [begun(good), { text: chunk(good.stream ? ": \n\n" : " "), atATime: 1 }, "reset"],
    means: ["torn", "no"]
  },
  {
    name: "cut in the middle of an event",
    steps: (good) => [begun(good) + chunk((good.pieces[good.admission + 4] ?? "").slice(0, 25)), "fin"],
    means: ["torn", "no"]
  },
  {
    name: "a clean end without a terminal event",
    steps: (good) => [begun(good) + lastChunk],
    means: ["torn", "no"],
    outcome: ["failed", "unreachable"]
  },
  {
    name: "a clean end before any output",
    steps: (good) => [admitted(good) + lastChunk],
    means: "no",
    outcome: ["failed", "unreachable"]
  },
  {
    name: "fewer bytes than were said",
    steps: ({ pieces, type }) => [
      headOf("200 OK", type, "content-length: 1000000") + pieces.slice(0, -2).join(""),
      "fin"
    ],
    means: ["torn", "no"]
  },
  { name: "a stall in the middle", steps: (good) => [begun(good), "hold"], means: ["torn", "no"], slow: true },
  {
    name: "a malformed event first",
    steps: inserted(() => 0, cutShort),
    means: "no",
    outcome: ["failed", "unreachable"]
  },
  {
    name: "a malformed event in the middle",
    steps: inserted(({ admission }) => admission + 4, cutShort),
    means: ["torn", "no"],
    outcome: ["failed", "unreachable"]
  },
  {
    name: "an event that only looks like JSON in the middle",
    steps: inserted(({ admission }) => admission + 4, malformed),
    means: ["torn", "no"],
    // What it is worth to its caller is for the caller to see: nothing that goes through is parsed.
    relayed: "harmless",
    outcome: ["failed", "unreachable"]
  },
  {
    name: "a bad chunk size first",
    steps: ({ head }) => [`${head}zz\r\n`, "hold"],
    means: "no",
    outcome: ["unreachable", "failed"]
  },
  {
    name: "a bad chunk size in the middle",
    steps: (good) => [begun(good), "zz\r\n", "hold"],
    means: ["torn", "no"]
  },
  {
    name: "an event of 20 MB",
    steps: inserted(
      ({ admission }) => admission,
      ({ stream }) => stream ? `event: ping\ndata: {"type":"ping","pad":"${"x".repeat(big)}"}\n\n` : " "
    ),
    means: "harmless",
    heavy: true
  },
  {
    name: "an endless line",
    steps: ({ head, stream }) => [
      `${head}${chunk(stream ? "data: " : "\"")}`,
      { endless: chunk("x".repeat(1024 * 1024)) }
    ],
    means: "no",
    outcome: "unreachable",
    heavy: true
  },
  {
    name: "gzip that nobody asked for",
    steps: ({ pieces, type }) => {
      const body = gzipSync(pieces.join(""))
      return [headOf("200 OK", type, "content-encoding: gzip", `content-length: ${body.length}`), body]
    },
    means: "no",
    outcome: ["failed", "unreachable"]
  },
  { name: "CRLF", steps: rewritten((body) => body.replaceAll("\n", "\r\n")), means: "harmless" },
  { name: "CR", steps: rewritten((body) => body.replaceAll("\n", "\r")), means: "harmless" },
  { name: "a byte order mark", steps: rewritten((body) => `\uFEFF${body}`), means: "harmless" },
  {
    name: "retry and id lines",
    steps: rewritten((body) => `retry: 3000\n\n${body.replaceAll("data: ", "id: 7\nretry: 5\ndata: ")}`),
    means: "harmless"
  },
  {
    name: "three bytes at a time",
    steps: (good) => [{ text: whole(good), atATime: 3 }],
    means: "harmless",
    heavy: true
  },
  { name: "byte by byte", steps: (good) => [{ text: whole(good), atATime: 1 }], means: "harmless", heavy: true },
  { name: "no final blank line", steps: rewritten((body) => body.trimEnd()), means: "harmless" },
  {
    name: "more after the end",
    steps: (good) => [good.head + chunks([...good.pieces, good.stream ? malformed(good) : "\n"]) + lastChunk],
    means: "harmless"
  },
  {
    name: "held open after the end",
    // Of a body it is only known that it has ended when it does.
    steps: (good) => good.stream ? [good.head + chunks(good.pieces), "hold"] : [whole(good)],
    means: "harmless",
    slow: true
  },
  {
    name: "HTTP/1.0, whose end is that of the connection",
    steps: ({ pieces, type }) => [`HTTP/1.0 200 OK\r\ncontent-type: ${type}\r\n\r\n${pieces.join("")}`, "fin"],
    means: "harmless"
  },
  {
    name: "103 before 200",
    steps: (good) => [`HTTP/1.1 103 Early Hints\r\nlink: </x>; rel=preload\r\n\r\n${whole(good)}`],
    means: "harmless"
  },
  {
    name: "a header of 100 kB",
    steps: ({ pieces, type }) => [headOf("200 OK", type, `x-long: ${"x".repeat(100_000)}`) + pieces.join(""), "fin"],
    means: "no",
    outcome: "unreachable"
  },
  {
    name: "garbage",
    steps: () => [Uint8Array.from({ length: 4096 }, (_, index) => (index * 197 + 131) % 256), "hold"],
    means: "no",
    outcome: "unreachable"
  },
  {
    name: "a redirect",
    steps: () => answer("307 Temporary Redirect", "text/plain", "", "location: http://127.0.0.1:1/"),
    means: "no",
    outcome: "unreachable"
  },
  { name: "connection refused", steps: () => [], connecting: "ECONNREFUSED", means: "no", outcome: "unreachable" },
  { name: "no such host", steps: () => [], connecting: "ENOTFOUND", means: "no", outcome: "unreachable" }
]
