/**
 * Responses answers as Chat Completions. One writer makes the chunks; a whole body is what its chunks come to when
 * they are collected, so that a streamed and a plain answer say the same.
 */
import type { ChatCompletionChunk, FinishReason, ToolCallDelta } from "../../api/ChatCompletions.ts"
import type { AnswerContext, Frame, Transducer } from "../../Dialect.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import * as Sse from "../../wire/Sse.ts"
import * as Reader from "../responses/Reader.ts"
import * as Annotation from "./Annotation.ts"
import * as Collector from "./Collector.ts"
import * as Reasoning from "./Reasoning.ts"
import { usageObject } from "./Usage.ts"

type Choice = ChatCompletionChunk["choices"][number]
/**
 * What a chunk adds; reasoning has no standard place in this format. Hosts agree on `reasoning_details`, which can be
 * sent back, and most clients read `reasoning_content`, which is its text alone.
 */
type Delta = Json.Members<Choice["delta"] & { readonly reasoning_details: unknown; readonly reasoning_content: string }>
type ToolCall = Json.Members<ToolCallDelta & { readonly extra_content: unknown }>

/** What stands between two parts of a summary, where they are one text. */
const partSeparator = "\n\n"

const finishReasonOf = (end: Reader.End, called: boolean, refused: boolean): FinishReason | null => {
  switch (end.status) {
    case "completed":
      // A client that reads nothing but this word would take an empty text for an answer.
      return called ? "tool_calls" : refused ? "content_filter" : "stop"
    case "incomplete":
      return end.incompleteReason === "content_filter" ? "content_filter" : "length"
    default:
      return null
  }
}

/** What becomes of a chunk, and of one that says no more than a piece of text: that is known as a value and as JSON. */
interface Form<A> {
  readonly chunk: (value: JsonObject) => A
  readonly piece: (value: () => JsonObject, json: () => string) => A
}

interface ChunkWriter<A> {
  readonly write: (step: Reader.Step) => void
  readonly take: () => ReadonlyArray<A>
}

const asObjects: Form<JsonObject> = { chunk: (value) => value, piece: (value) => value() }

const asFrames: Form<Frame> = {
  chunk: (value) => Sse.frame(undefined, value),
  piece: (_, json) => Sse.written(undefined, json())
}

const chunkWriter = <A>(context: AnswerContext, includeUsage: boolean, form: Form<A>): ChunkWriter<A> => {
  const chunks: Array<A> = []
  let created = context.createdAt
  let model = context.model
  let tier: string | null = null
  let started = false
  let refused = false
  let calls = 0
  /** Details are numbered: each part of a summary is one, and what is encrypted. */
  let details = 0
  let summary: number | undefined
  let reasoning: string | undefined
  let hasThought = false
  let length = 0
  /** Where the open text part begins in the content, which joins the texts of all parts. */
  let base = 0

  /** What stands around the text of a chunk that says only that, as long as the others stay. */
  let around: Around | undefined

  const valueOf = (choices: ReadonlyArray<JsonObject>, members: JsonObject = {}): JsonObject => ({
    ...({
      id: `chatcmpl-${context.id}`,
      object: "chat.completion.chunk",
      created,
      model,
      service_tier: tier,
      choices: [...choices]
    } satisfies Json.Members<ChatCompletionChunk>),
    ...(includeUsage ? { usage: null } : {}),
    ...members
  })

  const chunk = (choices: ReadonlyArray<JsonObject>, members?: JsonObject): void => {
    chunks.push(form.chunk(valueOf(choices, members)))
  }

  const choice = (
    delta: JsonObject,
    finishReason: FinishReason | null,
    logprobs: ReadonlyArray<Json.Json>
  ): JsonObject =>
    ({
      index: 0,
      delta,
      logprobs: logprobs.length === 0 ? null : { content: [...logprobs], refusal: null },
      finish_reason: finishReason
    }) satisfies Json.Members<Choice>

  // OpenAI begins a text with "" and a call with null.
  const start = (content: string | null): void => {
    if (started) return
    started = true
    chunk([choice({ role: "assistant", content, refusal: null } satisfies Delta, null, [])])
  }

  const say = (delta: JsonObject, logprobs: ReadonlyArray<Json.Json> = []): void => {
    start(null)
    chunk([choice(delta, null, logprobs)])
  }

  /** Most chunks of an answer are pieces of its text, which differ in nothing else. */
  const sayText = (content: string): void => {
    start(null)
    const value = (content: string) => valueOf([choice({ content } satisfies Delta, null, [])])
    chunks.push(form.piece(() => value(content), () => {
      around ??= aroundContent(JSON.stringify(value("")))
      return around.before + JSON.stringify(content) + around.after
    }))
  }

  const call = (members: JsonObject): void =>
    say({ tool_calls: [{ index: calls - 1, ...members } satisfies ToolCall] } satisfies Delta)

  const detail = (value: JsonObject): void => say({ reasoning_details: [value] } satisfies Delta)

  const think = (text: string, isNext: boolean): void => {
    const begins = isNext || summary === undefined
    const index = begins ? details++ : summary ?? 0
    say(
      {
        reasoning_content: begins && hasThought ? partSeparator + text : text,
        reasoning_details: [Reasoning.summaryDetail(index, reasoning, text)]
      } satisfies Delta
    )
    summary = index
    hasThought = true
  }

  const identify = (response: JsonObject): void => {
    created = Json.number(response, "created_at") ?? created
    model = Json.string(response, "model") ?? model
    tier = Json.string(response, "service_tier") ?? null
    around = undefined
  }

  const finish = (end: Reader.End): void => {
    identify(end.response)
    const { failure, served } = end
    if (failure === undefined) start("")
    const error = failure === undefined ? {} : { error: { ...failure, type: failure.type ?? "server_error" } }
    chunk([choice({}, finishReasonOf(end, calls > 0, refused), [])], error)
    if (includeUsage && served.usage !== undefined) chunk([], { usage: usageObject(served.usage) })
  }

  let isCustom = false
  const write = (step: Reader.Step): void => {
    switch (step._tag) {
      case "Begin":
        return identify(step.response)
      case "OpenMessage":
        return start("")
      case "OpenReasoning":
        reasoning = step.id
        summary = undefined
        return
      case "OpenCall": {
        isCustom = step.isCustom
        calls += 1
        const { id, name } = step
        return call(
          isCustom
            ? { id, type: "custom", custom: { name, input: "" } } satisfies ToolCall
            : { id, type: "function", function: { name, arguments: "" } } satisfies ToolCall
        )
      }
      case "Text":
        length += step.text.length
        return step.logprobs.length === 0
          ? sayText(step.text)
          : say({ content: step.text } satisfies Delta, step.logprobs)
      case "Refusal":
        refused = true
        return say({ refusal: step.text } satisfies Delta)
      case "ClosePart":
        for (const annotation of step.annotations) {
          say({ annotations: [Annotation.fromHub(annotation, base)] } satisfies Delta)
        }
        base = length
        return
      case "Summary":
        return think(step.text, step.isNext)
      case "Input":
        return call(
          isCustom
            ? { custom: { input: step.text } } satisfies ToolCall
            : { function: { arguments: step.text } } satisfies ToolCall
        )
      case "CloseReasoning": {
        const opaque = step.encrypted === undefined
          ? undefined
          : Reasoning.encryptedDetail(details, step.id, step.encrypted)
        if (opaque === undefined) return
        details += 1
        return detail(opaque)
      }
      case "CloseCall": {
        const extra = Reasoning.extraContent(step.signature)
        if (extra !== undefined) call({ extra_content: extra } satisfies ToolCall)
        return
      }
      case "End":
        return finish(step)
      case "CloseMessage":
      case "Search":
    }
  }

  return { write, take: () => chunks.splice(0) }
}

interface Around {
  readonly before: string
  readonly after: string
}

/** A chunk without its text. Nothing else can look like it: a quote within a string is written otherwise. */
const aroundContent = (text: string): Around => {
  const name = "\"content\":"
  const at = text.indexOf(`${name}""`) + name.length
  return { before: text.slice(0, at), after: text.slice(at + 2) }
}

/** A response as a completion. */
export const body = (response: JsonObject, context: AnswerContext): JsonObject => {
  const collector = Collector.make()
  for (const chunk of Reader.events(response, chunkWriter(context, true, asObjects))) collector.add(chunk)
  return collector.merged()
}

/** Responses events as chunks; the usage chunk comes if the caller's `stream_options.include_usage` asked for it. */
export const events = (context: AnswerContext): Transducer => {
  const options = Json.object(context.request, "stream_options") ?? {}
  const includeUsage = Json.boolean(options, "include_usage") === true
  return {
    ...Reader.transducer(chunkWriter(context, includeUsage, asObjects)),
    frames: Reader.pushing(chunkWriter(context, includeUsage, asFrames))
  }
}
