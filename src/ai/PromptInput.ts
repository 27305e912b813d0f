/** A prompt of `effect/ai` as the items of a Responses conversation. */
import * as AiError from "effect/ai/AiError"
import type * as Prompt from "effect/ai/Prompt"
import * as Base64 from "effect/encoding/Base64"
import { isString } from "effect/Predicate"
import * as Result from "effect/Result"
import type {
  FunctionCallOutput,
  InputAudio,
  InputFile,
  InputImage,
  InputItem,
  InputText,
  OutputText,
  Reasoning,
  Refusal,
  WebSearchCall
} from "../api/Responses.ts"
import * as DataUrl from "../dialect/DataUrl.ts"
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"
import type { FileOptions, PromptPartOptions } from "./Metadata.ts"

export interface Options {
  /** How the ids of files that are stored with the provider begin; any other text is base64. */
  readonly fileIdPrefixes?: ReadonlyArray<string> | undefined
  /** Whether the provider keeps its answers, so that it knows a thought of its own again by its id alone. */
  readonly isStored: boolean
}

type Content = InputText | InputImage | InputFile | InputAudio
type Unusable = AiError.InvalidUserInputError

/** The items of a prompt, or what of it cannot be said. */
export const make = (prompt: Prompt.Prompt, options: Options): Result.Result<ReadonlyArray<InputItem>, Unusable> => {
  const items: Array<InputItem> = []
  for (const message of prompt.content) {
    const found = itemsOf(message, options)
    if (Result.isFailure(found)) return Result.fail(found.failure)
    items.push(...found.success)
  }
  return Result.succeed(items)
}

const itemsOf = (
  message: Prompt.Message,
  options: Options
): Result.Result<ReadonlyArray<InputItem>, Unusable> => {
  switch (message.role) {
    case "system":
      return Result.succeed([{ type: "message", role: "system", content: message.content }])
    case "user":
      return Result.map(
        Result.all(message.content.map((part) => contentOf(part, options))),
        (content): ReadonlyArray<InputItem> => content.length === 0 ? [] : [{ type: "message", role: "user", content }]
      )
    case "assistant":
      return assistant(message.content, options)
    case "tool":
      return Result.all(
        // An approval is between the program and its user: what comes of it is the result.
        message.content.flatMap((part) => part.type === "tool-result" ? [resultOf(part, options)] : [])
      )
  }
}

const breakpoint = (options: PromptPartOptions | null | undefined) => {
  const mark = options?.cacheBreakpoint ?? null
  return mark === null
    ? {}
    : { prompt_cache_breakpoint: { mode: "explicit" as const, ...(mark === true ? {} : { ttl: mark.ttl }) } }
}

const contentOf = (
  part: Prompt.UserMessagePart,
  options: Options
): Result.Result<Content, Unusable> =>
  part.type === "text"
    ? Result.succeed({ type: "input_text", text: part.text, ...breakpoint(part.options.flexinference) })
    : fileOf(part, options)

/** Where a file is: stored with the provider, at an address, or in the request. */
type Place =
  | { readonly _tag: "Stored"; readonly id: string }
  | { readonly _tag: "Address"; readonly url: string }
  | { readonly _tag: "Inline"; readonly base64: string }

const placeOf = ({ data }: Prompt.FilePart, { fileIdPrefixes = [] }: Options): Place => {
  if (data instanceof URL) return placeOfUrl(data.href)
  if (typeof data !== "string") return { _tag: "Inline", base64: Base64.encode(data) }
  if (fileIdPrefixes.some((prefix) => data.startsWith(prefix))) return { _tag: "Stored", id: data }
  return /^(?:data|https?):/i.test(data) ? placeOfUrl(data) : { _tag: "Inline", base64: data }
}

const placeOfUrl = (url: string): Place => {
  const inline = DataUrl.parse(url)
  return inline === undefined ? { _tag: "Address", url } : { _tag: "Inline", base64: inline.data }
}

const fileOf = (part: Prompt.FilePart, options: Options): Result.Result<Content, Unusable> => {
  const place = placeOf(part, options)
  const type = DataUrl.mediaType(part.mediaType)
  if (type.startsWith("image/")) return Result.succeed(image(type, place, part.options.flexinference))
  if (type.startsWith("audio/")) return audio(type, place)
  const file = { type: "input_file" as const, ...breakpoint(part.options.flexinference) }
  switch (place._tag) {
    case "Stored":
      return Result.succeed({ ...file, file_id: place.id })
    case "Address":
      return Result.succeed({ ...file, file_url: place.url })
    case "Inline":
      return Result.succeed({
        ...file,
        filename: part.fileName ?? `file.${type.split("/")[1] ?? "bin"}`,
        file_data: DataUrl.make(type, place.base64)
      })
  }
}

const image = (type: string, place: Place, options: FileOptions | null | undefined): InputImage => {
  const detail = options?.imageDetail ?? undefined
  const common = { type: "input_image" as const, ...breakpoint(options), ...(detail === undefined ? {} : { detail }) }
  switch (place._tag) {
    case "Stored":
      return { ...common, file_id: place.id }
    case "Address":
      return { ...common, image_url: place.url }
    case "Inline":
      return { ...common, image_url: DataUrl.make(type === "image/*" ? "image/jpeg" : type, place.base64) }
  }
}

const audio = (type: string, place: Place): Result.Result<InputAudio, Unusable> => {
  const format = type === "audio/wav" ? "wav" : type === "audio/mp3" ? "mp3" : undefined
  return format === undefined || place._tag !== "Inline"
    ? Result.fail(
      new AiError.InvalidUserInputError({
        description: `A recording is sent inline, as audio/wav or audio/mp3; this one is ${type}${
          place._tag === "Inline" ? "" : ", and not inline"
        }.`
      })
    )
    : Result.succeed({ type: "input_audio", input_audio: { data: place.base64, format } })
}

const assistant = (
  content: ReadonlyArray<Prompt.AssistantMessagePart>,
  options: Options
): Result.Result<ReadonlyArray<InputItem>, Unusable> => {
  const items: Array<InputItem> = []
  /** The thought that the next part may go on with: each part of its summary is a part of its own. */
  let thought: { readonly id: string; readonly at: number } | undefined
  for (const part of content) {
    if (part.type === "reasoning") {
      const item = reasoningOf(part)
      const earlier = thought === undefined || thought.id !== item.id ? undefined : items[thought.at]
      if (thought !== undefined && earlier?.type === "reasoning" && "summary" in earlier) {
        items[thought.at] = continued(earlier, item)
        continue
      }
      thought = item.id === "" ? undefined : { id: item.id, at: items.length }
      items.push(item)
      continue
    }
    thought = undefined
    switch (part.type) {
      case "text":
        items.push(...messageOf(part))
        break
      case "file": {
        // What a model made: an input to the next turn, since no format has a place for it in an answer.
        const made = fileOf(part, options)
        if (Result.isFailure(made)) return Result.fail(made.failure)
        items.push({ type: "message", role: "user", content: [made.success] })
        break
      }
      case "tool-call":
        items.push(...callOf(part))
        break
      case "tool-result": {
        // What a provider's own tool gave stands in the item of its call.
        if (part.providerExecuted) break
        const result = resultOf(part, options)
        if (Result.isFailure(result)) return Result.fail(result.failure)
        items.push(result.success)
        break
      }
      case "tool-approval-request":
    }
  }
  return Result.succeed(items.filter((item) => isKnownAgain(item, options)))
}

/** A thought without its opaque value is known again by its id, where the provider keeps it, or not at all. */
const isKnownAgain = (item: InputItem, { isStored }: Options): boolean =>
  item.type !== "reasoning" || ("encrypted_content" in item && typeof item.encrypted_content === "string") ||
  (isStored && "id" in item && item.id !== "")

const reasoningOf = ({ options: { flexinference }, text }: Prompt.ReasoningPart): Reasoning => {
  const encrypted = flexinference?.encryptedContent ?? undefined
  return {
    type: "reasoning",
    id: flexinference?.itemId ?? "",
    summary: text === "" ? [] : [{ type: "summary_text", text }],
    ...(encrypted === undefined ? {} : { encrypted_content: encrypted })
  }
}

const continued = (earlier: Reasoning, { encrypted_content, summary }: Reasoning): Reasoning => ({
  ...earlier,
  summary: [...earlier.summary, ...summary],
  // It comes with the last part.
  ...(encrypted_content === undefined ? {} : { encrypted_content })
})

const messageOf = ({ options: { flexinference }, text }: Prompt.TextPart): ReadonlyArray<InputItem> => {
  const refusal = flexinference?.refusal ?? undefined
  const phase = flexinference?.phase
  // A text that says nothing is refused by some providers.
  if (refusal === undefined && text === "") return []
  const content: OutputText | Refusal = refusal === undefined
    ? { type: "output_text", text, annotations: [] }
    : { type: "refusal", refusal }
  return [{
    type: "message",
    role: "assistant",
    content: [content],
    ...(phase === "commentary" || phase === "final_answer" ? { phase } : {})
  }]
}

const callOf = (part: Prompt.ToolCallPart): ReadonlyArray<InputItem> => {
  const { item, signature } = part.options.flexinference ?? {}
  if (part.providerExecuted) return item === null || item === undefined ? [] : searchOf(item)
  return [{
    type: "function_call",
    call_id: part.id,
    name: part.name,
    arguments: JSON.stringify(part.params ?? {}),
    ...(signature === undefined || signature === null ? {} : { signature })
  }]
}

/** The call of a provider's search: without it, the thought that led to it is refused. */
const searchOf = (item: JsonObject): ReadonlyArray<WebSearchCall> =>
  Json.string(item, "type") === "web_search_call"
    ? [{
      type: "web_search_call",
      id: Json.string(item, "id") ?? "",
      status: Json.string(item, "status") === "failed" ? "failed" : "completed",
      action: actionOf(Json.object(item, "action") ?? {})
    }]
    : []

const actionOf = (action: JsonObject): WebSearchCall["action"] => {
  const url = Json.string(action, "url")
  switch (Json.string(action, "type")) {
    case "open_page":
      return { type: "open_page", url: url ?? null }
    case "find_in_page":
      return { type: "find_in_page", url: url ?? "", pattern: Json.string(action, "pattern") ?? "" }
    default: {
      const query = Json.string(action, "query")
      const queries = Json.array(action, "queries")?.filter(isString)
      return {
        type: "search",
        ...(query === undefined ? {} : { query }),
        ...(queries === undefined ? {} : { queries })
      }
    }
  }
}

const resultOf = (
  part: Prompt.ToolResultPart,
  options: Options
): Result.Result<FunctionCallOutput, Unusable> =>
  Result.map(outputOf(part, options), (output) => ({
    type: "function_call_output",
    call_id: part.id,
    output,
    // The nearest that Responses has to a result that is an error; other providers are told of one.
    ...(part.isFailure ? { status: "incomplete" as const } : {})
  }))

const outputOf = (
  { modelOutput, result }: Prompt.ToolResultPart,
  options: Options
): Result.Result<FunctionCallOutput["output"], Unusable> =>
  modelOutput === undefined
    ? Result.succeed(typeof result === "string" ? result : JSON.stringify(result ?? null))
    : Result.flatMap(
      Result.all(modelOutput.map((part) => contentOf(part, options))),
      (content) => {
        const parts = content.flatMap((part) => part.type === "input_audio" ? [] : [part])
        return parts.length === content.length ? Result.succeed(parts) : Result.fail(
          new AiError.InvalidUserInputError({ description: "The result of a tool cannot hold a recording." })
        )
      }
    )
