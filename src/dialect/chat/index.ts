/**
 * OpenAI Chat Completions (`POST /v1/chat/completions`).
 *
 * Wire facts: OpenAI's API reference and recorded streams. Frames have no event name, `[DONE]` closes a stream, every
 * chunk names the served tier, and the usage comes in a chunk of its own, after the finish reason, and only if
 * `stream_options.include_usage` asked for it; a moderation chunk may follow even that.
 */
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import { type Dialect, type Meter, type Sign, unreported } from "../../Dialect.ts"
import type { Frame } from "../../wire/Sse.ts"
import * as Sse from "../../wire/Sse.ts"
import { errorBody } from "../OpenAIError.ts"
import * as Collector from "./Collector.ts"
import * as Failure from "./Failure.ts"
import * as FromResponses from "./FromResponses.ts"
import { fieldOf, requestFromResponses, requestToResponses } from "./Rules.ts"
import * as ToResponses from "./ToResponses.ts"
import { served } from "./Usage.ts"

const isFinished = (choice: JsonObject): boolean => Json.string(choice, "finish_reason") !== undefined

const said = ["content", "refusal", "reasoning", "reasoning_content"]
const listed = ["tool_calls", "reasoning_details"]
const given = ["audio", "function_call"]

/** A role alone, or an empty text beside it, says that the request was admitted and no more. */
const saysSomething = (delta: JsonObject): boolean =>
  said.some((key) => (Json.string(delta, key) ?? "") !== "") ||
  listed.some((key) => (Json.array(delta, key) ?? []).length > 0) ||
  given.some((key) => Json.object(delta, key) !== undefined)

const signOf = (chunk: JsonObject): Sign => {
  if (Failure.reported(chunk) !== undefined) return "failed"
  const choices = Json.objects(chunk, "choices")
  if (choices.some(isFinished) || Json.object(chunk, "usage") !== undefined) return "final"
  return choices.some((choice) => saysSomething(Json.object(choice, "delta") ?? {})) ? "output" : "admitted"
}

/** Members that only a frame has that tells more than output, unless they are `null`. */
const telling = /"(?:error|finish_reason|usage)"\s*:\s*(?!null|\s)/

// The format names no events, so a text is only parsed where it may hold more than output, which few do.
const sign = (frame: Frame, started: boolean): Sign => {
  const { data } = frame
  if (started && data.startsWith("{") && !telling.test(data)) return "output"
  if (data.trim() === "[DONE]") return "end"
  return frame.value === undefined ? "admitted" : signOf(frame.value)
}

const meter = (): Meter => {
  let seen = unreported
  return {
    add: (frame, sign) => {
      if (sign === "output" || sign === "end") return
      const chunk = frame.value ?? {}
      const { model, tier, usage } = served(chunk)
      seen = {
        usage: usage ?? seen.usage,
        // As in the collector: the last word on the tier counts.
        tier: Object.hasOwn(chunk, "service_tier") ? tier : seen.tier,
        model: model ?? seen.model
      }
    },
    served: () => seen
  }
}

/** The first choice's message or delta: what the official clients' text helpers read. */
const first = (answer: JsonObject, key: "message" | "delta"): JsonObject =>
  Json.object(Failure.firstChoice(answer), key) ?? {}

const frame = (chunk: JsonObject): Frame => Sse.frame(undefined, chunk)

export const ChatCompletions: Dialect = {
  name: "chat.completions",
  paths: ["/v1/chat/completions"],
  key: undefined,
  protocol: { prefixes: ["openai-"] },
  // Without it a chat stream carries no usage, and the body gathered from it would have none.
  collecting: { stream_options: { include_usage: true } },
  operation: "chat",
  sign,
  telling: ["error", "finish_reason", "usage"],
  whole: "final",
  failureOf: (chunk) => Failure.reported(chunk) ?? Failure.unexplained,
  reported: Failure.reportedBy,
  meter,
  served,
  collector: Collector.make,
  usagePath: (chunk) => Json.object(chunk, "usage") === undefined ? undefined : ["usage"],
  frame,
  closing: [{ event: undefined, data: "[DONE]", value: undefined }],
  errorBody,
  errorFrames: (error) => [frame(errorBody(error))],
  text: (body) => Json.string(first(body, "message"), "content") ?? "",
  textDelta: (chunk) => Json.string(first(chunk, "delta"), "content") || undefined,
  // SDK types of functions; refusals of `tool_calls[].id` ("maximum length 40", reported from 2025 on).
  identifiers: {
    names: { pattern: /^[a-zA-Z0-9_-]+$/, length: 64 },
    ids: { pattern: /^[a-zA-Z0-9_-]+$/, length: 40 }
  },
  required: { field: "messages", kind: "array" },
  translation: {
    fieldOf,
    requestToResponses,
    requestFromResponses,
    bodyToResponses: ToResponses.body,
    bodyFromResponses: FromResponses.body,
    eventsToResponses: ToResponses.events,
    eventsFromResponses: FromResponses.events
  },
  continuation: undefined
}
