/**
 * An answer in Responses as the parts of `effect/ai`, whole or piece by piece. Both come from the same steps, so they
 * say the same.
 */
import * as AiError from "effect/ai/AiError"
import type * as LanguageModel from "effect/ai/LanguageModel"
import type * as Response from "effect/ai/Response"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { Failure } from "../dialect/responses/Failure.ts"
import type { End, Step } from "../dialect/responses/Reader.ts"
import type { Routing } from "../Routing.ts"
import type { Usage } from "../Usage.ts"
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"
import type { ReasoningMetadata, TextMetadata } from "./Metadata.ts"
import * as RequestTools from "./RequestTools.ts"
import { providerOf, routingMetadata } from "./Served.ts"

/** How a text, a thought or a call's parameters are told: in pieces, or when they are whole. */
interface Telling<Part> {
  readonly text: Told<Part, TextMetadata>
  readonly reasoning: Told<Part, ReasoningMetadata>
  readonly params: {
    readonly open: (id: string, name: string) => ReadonlyArray<Part>
    readonly piece: (id: string, delta: string) => ReadonlyArray<Part>
    readonly close: (id: string) => ReadonlyArray<Part>
  }
}

interface Told<Part, Metadata> {
  readonly open: (id: string) => ReadonlyArray<Part>
  readonly piece: (id: string, delta: string) => ReadonlyArray<Part>
  readonly close: (id: string, text: string, metadata: Metadata) => ReadonlyArray<Part>
}

const nothing = () => []

/** Everything when it is whole. */
export const whole: Telling<Response.PartEncoded> = {
  text: {
    open: nothing,
    piece: nothing,
    close: (_id, text, flexinference) => [{ type: "text", text, metadata: { flexinference } }]
  },
  reasoning: {
    open: nothing,
    piece: nothing,
    close: (_id, text, flexinference) => [{ type: "reasoning", text, metadata: { flexinference } }]
  },
  params: { open: nothing, piece: nothing, close: nothing }
}

/** Everything as it comes. */
export const streamed: Telling<Response.StreamPartEncoded> = {
  text: {
    open: (id) => [{ type: "text-start", id }],
    piece: (id, delta) => [{ type: "text-delta", id, delta }],
    close: (id, _text, flexinference) => [{ type: "text-end", id, metadata: { flexinference } }]
  },
  reasoning: {
    open: (id) => [{ type: "reasoning-start", id }],
    piece: (id, delta) => [{ type: "reasoning-delta", id, delta }],
    close: (id, _text, flexinference) => [{ type: "reasoning-end", id, metadata: { flexinference } }]
  },
  params: {
    open: (id, name) => [{ type: "tool-params-start", id, name }],
    piece: (id, delta) => [{ type: "tool-params-delta", id, delta }],
    close: (id) => [{ type: "tool-params-end", id }]
  }
}

/** Parts that are told in one piece in either way. */
type Entire =
  | Response.ToolCallPartEncoded
  | Response.ToolResultPartEncoded
  | Response.FilePartEncoded
  | Response.DocumentSourcePartEncoded
  | Response.UrlSourcePartEncoded
  | Response.ResponseMetadataPartEncoded

/** What must be known of the request to read its answer. */
export interface Asked extends Pick<LanguageModel.ProviderOptions, "tools" | "toolCallValidation"> {
  readonly transformer: LanguageModel.CodecTransformer
}

/** Reads one answer. */
export interface PartReader<Part> {
  /** The provider's name for the answer, once it is known. */
  readonly responseId: () => string | undefined
  /** The parts a step adds. */
  readonly read: (step: Step) => ReadonlyArray<Part | Entire>
  /** The last part, once the last step was read; or what is wrong with the answer. */
  readonly finish: (routing: Routing) => Result.Result<FinishPart, Problem>
}

export type FinishPart = Response.FinishPartEncoded

/** Why an answer is none. */
export type Problem =
  | { readonly _tag: "Unusable"; readonly reason: AiError.AiErrorReason }
  /** The provider reports a failure in place of an answer. */
  | { readonly _tag: "Failed"; readonly failure: Failure; readonly response: JsonObject }

interface Open {
  readonly id: string
  text: string
}

/** A reader of one answer; `routing` is what is known of it before it begins. */
export const make = <Part>(telling: Telling<Part>, asked: Asked, routing: Routing): PartReader<Part> => {
  const byName = new Map(asked.tools.map((tool) => [tool.name, tool]))
  const search = RequestTools.searchName(asked.tools)
  /** Whether the search's item is the provider's own, or one of ours in its place. */
  const isNative = providerOf(routing)?.dialects.includes("responses") ?? true
  let responseId: string | undefined
  let count = 0
  let phase: string | undefined
  let text: Open | undefined
  let reasoning: Open | undefined
  let itemId: string | undefined
  let call: Open & { readonly name: string; readonly isCustom: boolean } | undefined
  let called = false
  let refused = false
  let problem: AiError.AiErrorReason | undefined
  let ended: End | undefined

  /** A name of its own for a part of this answer; ids of items may be missing, or come twice. */
  const nextId = (): string => `${responseId ?? "part"}-${count++}`

  const summary = (delta: string, isNext: boolean): ReadonlyArray<Part> => {
    const parts: Array<Part> = []
    if (isNext) parts.push(...endReasoning(itemId === undefined ? {} : { itemId }))
    if (reasoning === undefined) {
      reasoning = { id: nextId(), text: "" }
      parts.push(...telling.reasoning.open(reasoning.id))
    }
    reasoning.text += delta
    parts.push(...telling.reasoning.piece(reasoning.id, delta))
    return parts
  }

  const endReasoning = (metadata: ReasoningMetadata): ReadonlyArray<Part> => {
    if (reasoning === undefined) return []
    const { id, text } = reasoning
    reasoning = undefined
    return telling.reasoning.close(id, text, metadata)
  }

  /** A thought that says nothing is kept for its opaque value. */
  const closeReasoning = (id: string | undefined, encrypted: string | undefined): ReadonlyArray<Part> => {
    const metadata = {
      ...(id === undefined ? {} : { itemId: id }),
      ...(encrypted === undefined ? {} : { encryptedContent: encrypted })
    }
    if (reasoning !== undefined) return endReasoning(metadata)
    if (id === undefined && encrypted === undefined) return []
    const own = nextId()
    return [...telling.reasoning.open(own), ...telling.reasoning.close(own, "", metadata)]
  }

  const piece = (delta: string): ReadonlyArray<Part> => {
    const begun = text === undefined
    text ??= { id: nextId(), text: "" }
    text.text += delta
    return [...(begun ? telling.text.open(text.id) : []), ...telling.text.piece(text.id, delta)]
  }

  const closeText = (said: string, annotations: ReadonlyArray<JsonObject>): ReadonlyArray<Part | Entire> => {
    const id = text?.id ?? nextId()
    text = undefined
    const metadata = {
      ...(phase === undefined ? {} : { phase }),
      ...(annotations.length === 0 ? {} : { annotations })
    }
    return [...telling.text.close(id, said, metadata), ...annotations.flatMap((cited) => sourceOf(cited, nextId))]
  }

  const closeRefusal = (refusal: string): ReadonlyArray<Part> => {
    refused = true
    const id = nextId()
    return [...telling.text.open(id), ...telling.text.close(id, "", { refusal })]
  }

  const closeCall = (signature: string | undefined): ReadonlyArray<Part | Entire> => {
    if (call === undefined) return []
    const { id, isCustom, name, text } = call
    call = undefined
    called = true
    const closed = telling.params.close(id)
    const given = isCustom ? Option.some<unknown>(text) : RequestTools.params(text)
    const tool = byName.get(name)
    const isDeferred = asked.toolCallValidation === "deferred"
    if (tool === undefined && !isDeferred) {
      problem ??= new AiError.ToolNotFoundError({ toolName: name, availableTools: Array.from(byName.keys()) })
      return closed
    }
    if (Option.isNone(given) && !isDeferred) {
      // The end tells whether the answer was cut off within the call: then it is no call.
      problem ??= new AiError.ToolParameterValidationError({
        toolName: name,
        description: "The model wrote parameters that are no JSON."
      })
      return closed
    }
    const params = Option.getOrElse(given, () => text)
    const part: Entire = {
      type: "tool-call",
      id,
      name,
      params: tool === undefined || isDeferred ? params : RequestTools.encodedParams(tool, params, asked.transformer),
      ...(signature === undefined ? {} : { metadata: { flexinference: { signature } } })
    }
    return [...closed, part]
  }

  /** A search stands among the calls where the program has a tool for it. */
  const searched = (item: JsonObject): ReadonlyArray<Entire> => {
    if (search === undefined) return []
    const id = Json.string(item, "id") ?? nextId()
    const action = Json.object(item, "action") ?? null
    const status = Json.string(item, "status") ?? "completed"
    const common = { id, name: search, providerExecuted: true }
    return [
      {
        ...common,
        type: "tool-call",
        params: { action },
        ...(isNative ? { metadata: { flexinference: { item } } } : {})
      },
      { ...common, type: "tool-result", isFailure: false, result: { action, status } }
    ]
  }

  const begin = (response: JsonObject): ReadonlyArray<Entire> => {
    responseId = Json.string(response, "id")
    const modelId = Json.string(response, "model")
    const createdAt = Json.number(response, "created_at")
    return [{
      type: "response-metadata",
      ...(responseId === undefined ? {} : { id: responseId }),
      ...(modelId === undefined ? {} : { modelId }),
      ...timestampOf(createdAt),
      metadata: { flexinference: routingMetadata(routing) }
    }]
  }

  return {
    responseId: () => responseId,
    read: (step) => {
      switch (step._tag) {
        case "Begin":
          return begin(step.response)
        case "OpenMessage":
          phase = step.phase
          return []
        case "Text":
          return piece(step.text)
        case "ClosePart":
          return step.kind === "text" ? closeText(step.text, step.annotations) : closeRefusal(step.text)
        case "OpenReasoning":
          itemId = step.id
          return []
        case "Summary":
          return summary(step.text, step.isNext)
        case "CloseReasoning":
          return closeReasoning(step.id, step.encrypted)
        case "OpenCall":
          call = { id: step.id, name: step.name, isCustom: step.isCustom, text: "" }
          return telling.params.open(step.id, step.name)
        case "Input":
          if (call === undefined) return []
          call.text += step.text
          return telling.params.piece(call.id, step.text)
        case "CloseCall":
          return closeCall(step.signature)
        case "Search":
          return searched(step.item)
        case "Item":
          return imageOf(step.item)
        case "End":
          ended = step
          return []
        case "Refusal":
        case "CloseMessage":
          return []
      }
    },
    finish: (routing) => {
      const failure = ended === undefined ? unended : ended.failure ?? unfinished(ended)
      if (ended === undefined || failure !== undefined) {
        return Result.fail({ _tag: "Failed", failure: failure ?? unended, response: ended?.response ?? {} })
      }
      const reason = finishReasonOf(ended, called, refused)
      if (problem !== undefined && ended.status === "completed") {
        return Result.fail({ _tag: "Unusable", reason: problem })
      }
      return Result.succeed({
        type: "finish",
        reason,
        usage: usageOf(ended.served.usage),
        metadata: { flexinference: routingMetadata(routing) }
      })
    }
  }
}

const untold = (message: string): Failure => ({ type: "server_error", code: null, message, param: null })

const unended = untold("The answer broke off before its end.")

const unfinished = ({ status }: End): Failure | undefined =>
  status === "completed" || status === "incomplete"
    ? undefined
    : untold(`The provider sent an answer that is not finished: its status is ${status}.`)

const finishReasonOf = (end: End, called: boolean, refused: boolean): Response.FinishReason => {
  if (end.status === "incomplete") {
    switch (end.incompleteReason) {
      case "max_output_tokens":
        return "length"
      case "content_filter":
        return "content-filter"
      default:
        return "other"
    }
  }
  return refused ? "content-filter" : called ? "tool-calls" : "stop"
}

/** Where nothing was counted, nothing is said: a zero would be a claim. */
const usageOf = (usage: Usage | undefined): typeof Response.Usage.Encoded =>
  usage === undefined ? { inputTokens: {}, outputTokens: {} } : {
    inputTokens: {
      total: usage.input,
      uncached: Math.max(0, usage.input - usage.cachedInput - usage.cacheWriteInput),
      cacheRead: usage.cachedInput,
      cacheWrite: usage.cacheWriteInput
    },
    outputTokens: {
      total: usage.output,
      text: Math.max(0, usage.output - usage.reasoning),
      reasoning: usage.reasoning
    }
  }

const timestampOf = (seconds: number | undefined): { readonly timestamp?: string } => {
  const time = seconds === undefined ? Option.none() : DateTime.make(seconds * 1000)
  return Option.isNone(time) ? {} : { timestamp: DateTime.formatIso(time.value) }
}

/** What a text cites; an address that is none stays with the text's annotations. */
const sourceOf = (annotation: JsonObject, nextId: () => string): ReadonlyArray<Entire> => {
  const metadata = { flexinference: annotation }
  const url = Json.string(annotation, "url")
  if (url !== undefined) {
    const title = Json.string(annotation, "title") ?? ""
    return URL.canParse(url) ? [{ type: "source", sourceType: "url", id: nextId(), url, title, metadata }] : []
  }
  const fileName = Json.string(annotation, "filename")
  const file = Json.string(annotation, "file_id")
  if (file === undefined) return []
  return [{
    type: "source",
    sourceType: "document",
    id: nextId(),
    mediaType: "application/octet-stream",
    title: fileName ?? file,
    ...(fileName === undefined ? {} : { fileName }),
    metadata
  }]
}

/** A picture that the provider made. */
const imageOf = (item: JsonObject): ReadonlyArray<Entire> => {
  const data = Json.string(item, "type") === "image_generation_call" ? Json.string(item, "result") : undefined
  return data === undefined
    ? []
    : [{ type: "file", mediaType: `image/${Json.string(item, "output_format") ?? "png"}`, data }]
}
