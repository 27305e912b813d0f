/**
 * A behavior worked out for one call: which bytes are due when, and how the answer ends. Pure; the simulator only
 * waits and hands out.
 */
import * as Duration from "effect/Duration"
import type { Frame } from "../wire/Sse.ts"
import * as Sse from "../wire/Sse.ts"
import type { Behavior, Point, Timing } from "./Behavior.ts"
import type { Outcome } from "./Ledger.ts"
import type { Emission, Exchange, Headers, Traffic } from "./traffic/ProviderSim.ts"

/** A piece of the body and when it is due, in milliseconds since the call. */
export interface Piece {
  readonly at: number
  readonly text: string
  /** Generation has started with this piece. */
  readonly output: boolean
}

/** An answer with headers. */
export interface Answered {
  readonly _tag: "Answered"
  readonly status: number
  readonly headers: Headers
  readonly headersAt: number
  readonly pieces: ReadonlyArray<Piece>
  /** When the body ends, never where it is infinite; `reset` breaks the connection there. */
  readonly end: { readonly at: number; readonly outcome: Outcome; readonly reset: boolean }
}

/** No answer: nothing ever comes (`Silent`), or the connection fails (`Unreachable`). */
export type Plan = Answered | { readonly _tag: "Silent" } | { readonly _tag: "Unreachable"; readonly at: number }

const millis = (duration: Duration.Input | undefined): number =>
  duration === undefined ? 0 : Duration.toMillis(Duration.fromInputUnsafe(duration))

/** The times of a behavior in milliseconds since the call; output never comes before admission. */
export const times = (timing: Timing) => {
  const admit = millis(timing.admitAfter)
  return { admit, start: Math.max(admit, millis(timing.startAfter)), pace: millis(timing.pace) }
}

interface Due extends Emission {
  readonly at: number
}

const schedule = (emissions: ReadonlyArray<Emission>, timing: Timing): ReadonlyArray<Due> => {
  const { admit, pace, start } = times(timing)
  let deltas = 0
  return emissions.map((emission) => {
    if (emission.moment === "admission") return { ...emission, at: admit }
    if (emission.moment === "delta") deltas++
    return { ...emission, at: start + Math.max(0, deltas - 1) * pace }
  })
}

/** How many of the events come before a point; a point beyond the last delta is right after it. */
const reach = (emissions: ReadonlyArray<Emission>, point: Point): number => {
  if (point === "headers") return 0
  const output = emissions.findIndex(({ moment }) => moment !== "admission")
  const admitted = output === -1 ? emissions.length : output
  if (point === "admission") return admitted
  const deltas = emissions.flatMap(({ moment }, index) => moment === "delta" ? [index] : [])
  return point <= 0 ? deltas[0] ?? admitted : (deltas[Math.min(point, deltas.length) - 1] ?? admitted - 1) + 1
}

const pieceOf = ({ at, frame, moment }: Due): Piece => ({
  at,
  text: Sse.encode(frame),
  output: moment !== "admission"
})

/** The plan of a call. */
export const make = (traffic: Traffic, exchange: Exchange, behavior: Behavior, stream: boolean): Plan => {
  const { fault, timing } = behavior
  const { admit } = times(timing)
  if (fault?._tag === "Silent") return { _tag: "Silent" }
  if (fault?._tag === "Unreachable") return { _tag: "Unreachable", at: admit }
  if (fault?._tag === "Refuse") return refused(traffic, exchange, fault.refusal, admit)
  const plan = stream ? streamed(traffic, exchange, behavior) : whole(traffic, exchange, behavior)
  return plan._tag === "Answered" && timing.drip !== undefined ? dripped(plan, millis(timing.drip)) : plan
}

const refused = (
  traffic: Traffic,
  exchange: Exchange,
  refusal: Parameters<Traffic["refusal"]>[1],
  at: number
): Answered => {
  const { body, headers, status } = traffic.refusal(exchange, refusal)
  return {
    _tag: "Answered",
    status,
    headers,
    headersAt: at,
    pieces: [{ at, text: JSON.stringify(body), output: false }],
    end: { at, outcome: "refused", reset: false }
  }
}

const streamed = (traffic: Traffic, exchange: Exchange, { fault, timing }: Behavior): Answered => {
  const due = schedule(traffic.events(exchange), timing)
  const { admit, start } = times(timing)
  const base = {
    _tag: "Answered" as const,
    status: 200,
    headers: traffic.headers(exchange, true),
    headersAt: admit
  }
  const last = due.at(-1)?.at ?? start
  if (fault === undefined || !("at" in fault)) {
    return { ...base, pieces: due.map(pieceOf), end: { at: last, outcome: "completed", reset: false } }
  }
  const kept = due.slice(0, reach(due, fault.at))
  const at = due[kept.length]?.at ?? last
  const pieces = kept.map(pieceOf)
  const framed = (frames: ReadonlyArray<Frame>) =>
    frames.map((frame) => ({ at, text: Sse.encode(frame), output: false }))
  switch (fault._tag) {
    case "Hang":
      return { ...base, pieces, end: { at: Infinity, outcome: "failed", reset: false } }
    case "Cut":
      return { ...base, pieces, end: { at, outcome: "failed", reset: fault.how === "reset" } }
    case "Fail": {
      const started = kept.some(({ moment }) => moment !== "admission")
      const failure = framed(traffic.failure(exchange, fault.refusal, kept))
      const outcome = started ? "failed" : "refused"
      return { ...base, pieces: [...pieces, ...failure], end: { at, outcome, reset: false } }
    }
    case "Garble": {
      const garbled = framed([{ event: kept.at(-1)?.frame.event, data: "{\"type\":", value: undefined }])
      const rest = due.slice(kept.length).map(pieceOf)
      return {
        ...base,
        pieces: [...pieces, ...garbled, ...rest],
        end: { at: last, outcome: "completed", reset: false }
      }
    }
  }
}

/** A body that is not streamed comes when all of it has been generated. */
const whole = (traffic: Traffic, exchange: Exchange, { fault, timing }: Behavior): Plan => {
  const due = schedule(traffic.events(exchange), timing)
  const last = due.at(-1)?.at ?? times(timing).start
  const text = JSON.stringify(traffic.body(exchange))
  const half = text.slice(0, text.length >> 1)
  const answered = (at: number, text: string, end: Omit<Answered["end"], "at">): Answered => ({
    _tag: "Answered",
    status: 200,
    headers: traffic.headers(exchange, false),
    headersAt: at,
    pieces: [{ at, text, output: true }],
    end: { ...end, at }
  })
  if (fault === undefined || !("at" in fault)) return answered(last, text, { outcome: "completed", reset: false })
  const at = due[reach(due, fault.at)]?.at ?? last
  switch (fault._tag) {
    case "Hang":
      return { _tag: "Silent" }
    case "Fail":
      return refused(traffic, exchange, fault.refusal, at)
    case "Cut":
      return answered(at, half, { outcome: "failed", reset: fault.how === "reset" })
    case "Garble":
      return answered(last, `${half}…`, { outcome: "completed", reset: false })
  }
}

/** One piece a byte, each `gap` after the one before; a piece's text is then one character per byte. */
const dripped = (plan: Answered, gap: number): Answered => {
  const pieces: Array<Piece> = []
  let at = 0
  for (const piece of plan.pieces) {
    for (const byte of utf8(piece.text)) {
      at = Math.max(at + gap, piece.at)
      pieces.push({ ...piece, at, text: byte })
    }
  }
  return { ...plan, pieces, end: { ...plan.end, at: Math.max(at, plan.end.at) } }
}

const utf8 = (text: string): ReadonlyArray<string> =>
  (encodeURIComponent(text).match(/%..|./g) ?? []).map((unit) =>
    unit.length === 1 ? unit : String.fromCharCode(Number.parseInt(unit.slice(1), 16))
  )
