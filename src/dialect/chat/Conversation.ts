/** The conversation: Chat Completions' messages as Responses' input items, and back. */
import * as Result from "effect/Result"
import type * as Api from "../../api/ChatCompletions.ts"
import type * as Hub from "../../api/Responses.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import type { Translated } from "../../Dialect.ts"
import * as CacheMarks from "../CacheMarks.ts"
import * as DataUrl from "../DataUrl.ts"
import * as Reasoning from "./Reasoning.ts"
import { present, refuse } from "./Untranslatable.ts"

type Items = ReadonlyArray<JsonObject>

const typeOf = (value: JsonObject): string => Json.string(value, "type") ?? ""

// Messages to items.

/** A content part of a caller's message. */
const inputPart = (part: JsonObject, field: string): Translated<JsonObject> => {
  switch (typeOf(part)) {
    case "text":
      return Result.succeed(
        { type: "input_text", text: Json.string(part, "text") ?? "" } satisfies Json.Members<Hub.InputText>
      )
    case "image_url": {
      const image = Json.object(part, "image_url") ?? {}
      // Many write the address itself where the object belongs that holds it.
      const url = Json.string(part, "image_url") ?? Json.string(image, "url") ?? ""
      if (url === "") return refuse(`${field}.image_url`, "names no image. Send its address, or a data URL.")
      const inline = DataUrl.parse(url)
      return Result.succeed(
        Json.compact(
          {
            type: "input_image",
            image_url: inline === undefined ? url : DataUrl.make(inline.mediaType, inline.data),
            detail: Json.string(image, "detail")
          } satisfies Json.Members<Omit<Hub.InputImage, "detail"> & { readonly detail: string }>
        )
      )
    }
    case "input_audio":
      return Result.succeed({ type: "input_audio", input_audio: Json.object(part, "input_audio") ?? {} })
    case "file":
      return Result.succeed(
        {
          type: "input_file",
          ...present(Json.object(part, "file") ?? {}, ["file_id", "file_data", "filename"])
        } satisfies Json.Members<Hub.InputFile>
      )
    default:
      return refuse(
        `${field}.type`,
        `\`${
          typeOf(part)
        }\` has no counterpart where this model is served. Send text, image_url, input_audio or file ` +
          "parts."
      )
  }
}

/** A content part of an assistant's message. */
const outputPart = (part: JsonObject, field: string): Translated<JsonObject> => {
  switch (typeOf(part)) {
    case "text":
      return Result.succeed(
        { type: "output_text", text: Json.string(part, "text") ?? "", annotations: [] } satisfies Json.Members<
          Hub.OutputText
        >
      )
    case "refusal":
      return Result.succeed({ type: "refusal", refusal: Json.string(part, "refusal") ?? "" })
    default:
      return refuse(
        `${field}.type`,
        `\`${typeOf(part)}\` is no part of an assistant message. Send text or refusal parts.`
      )
  }
}

const parts = (
  message: JsonObject,
  key: string,
  field: string,
  part: (part: JsonObject, field: string) => Translated<JsonObject>
): Translated<Items> =>
  Result.all(Json.objects(message, key).map((value, index) => part(value, `${field}.${key}[${index}]`)))

/** The parts of a caller's message with the marks of a prompt cache that they carry. */
const markedParts = (
  message: JsonObject,
  field: string,
  part: (part: JsonObject, field: string) => Translated<JsonObject>
): Translated<Items> =>
  parts(
    message,
    "content",
    field,
    (value, field) => Result.map(part(value, field), (made) => CacheMarks.keep(value, made))
  )

/** A mark of the whole message is one of its last part. */
const markedAtEnd = (message: JsonObject, content: Items): Items =>
  content.map((part, index) =>
    index === content.length - 1 && !CacheMarks.isMarked(part) ? CacheMarks.keep(message, part) : part
  )

const inputMessage = (role: "system" | "developer" | "user", message: JsonObject, field: string): Translated<Items> => {
  const text = Json.string(message, "content")
  return text === undefined || CacheMarks.isMarked(message)
    ? Result.map(
      text === undefined
        ? markedParts(message, field, inputPart)
        : Result.succeed([{ type: "input_text", text } satisfies Json.Members<Hub.InputText>]),
      (content) => [
        { type: "message", role, content: markedAtEnd(message, content) } satisfies Json.Members<Hub.InputMessage>
      ]
    )
    : Result.succeed([{ type: "message", role, content: text } satisfies Json.Members<Hub.InputMessage>])
}

const callItem = (call: JsonObject, field: string): Translated<JsonObject> => {
  const described = Json.object(call, "function")
  if (described === undefined) {
    return refuse(`${field}.type`, "is not `function`. Only function calls can be handed to this model.")
  }
  return Result.succeed(CacheMarks.keep(
    call,
    Json.compact(
      {
        type: "function_call",
        call_id: Json.string(call, "id") ?? "",
        name: Json.string(described, "name") ?? "",
        arguments: Json.string(described, "arguments") ?? "",
        signature: Reasoning.signatureOf(call)
      } satisfies Json.Members<Hub.FunctionCall & { readonly signature: string }>
    )
  ))
}

const assistantMessage = (message: JsonObject, field: string): Translated<Items> =>
  Result.gen(function*() {
    if (Json.object(message, "audio") !== undefined) {
      return yield* refuse(
        `${field}.audio`,
        "has no counterpart where this model is served. Send the transcript as text."
      )
    }
    if (Json.object(message, "function_call") !== undefined) {
      return yield* refuse(`${field}.function_call`, "is the deprecated form of a call. Use `tool_calls`.")
    }
    const text = Json.string(message, "content") ?? ""
    const refusal = Json.string(message, "refusal") ?? ""
    const content = [
      ...(text === "" ? [] : [{ type: "output_text", text, annotations: [] } satisfies Json.Members<Hub.OutputText>]),
      ...(yield* markedParts(message, field, outputPart)),
      ...(refusal === "" ? [] : [{ type: "refusal", refusal }])
    ]
    const calls = Json.objects(message, "tool_calls")
    return [
      ...Reasoning.items(Json.objects(message, "reasoning_details")),
      ...(content.length === 0
        ? []
        : [
          { type: "message", role: "assistant", content: markedAtEnd(message, content) } satisfies Json.Members<
            Hub.InputMessage
          >
        ]),
      ...(yield* Result.all(calls.map((call, index) => callItem(call, `${field}.tool_calls[${index}]`))))
    ]
  })

const toolMessage = (message: JsonObject, field: string): Translated<Items> => {
  const item = CacheMarks.keep(
    message,
    {
      type: "function_call_output",
      call_id: Json.string(message, "tool_call_id") ?? ""
    } satisfies Json.Members<Hub.FunctionCallOutput>
  )
  const output = Json.string(message, "content")
  return output === undefined
    ? Result.map(markedParts(message, field, inputPart), (output) => [{ ...item, output }])
    : Result.succeed([{ ...item, output }])
}

const messageItems = (message: JsonObject, index: number): Translated<Items> => {
  const field = `messages[${index}]`
  const role = Json.string(message, "role") ?? ""
  switch (role) {
    case "system":
    case "developer":
    case "user":
      return inputMessage(role, message, field)
    case "assistant":
      return assistantMessage(message, field)
    case "tool":
      return toolMessage(message, field)
    default:
      return refuse(`${field}.role`, "must be system, developer, user, assistant or tool.")
  }
}

/** The messages of a request as input items, those of one message together. */
export const toTurns = (request: JsonObject): Translated<ReadonlyArray<Items>> =>
  Result.all(Json.objects(request, "messages").map(messageItems))

/** The messages of a request as input items. */
export const toItems = (request: JsonObject): Translated<Items> => Result.map(toTurns(request), (turns) => turns.flat())

// Items to messages.

/** An assistant's turn while its items are gathered: Chat Completions has one message for all of them. */
interface Turn {
  readonly details: Array<JsonObject>
  readonly content: Array<JsonObject>
  readonly calls: Array<JsonObject>
}

const turnMessage = ({ calls, content, details }: Turn): JsonObject => {
  const [only] = content
  const text = only === undefined ? null : content.length === 1 ? Json.string(only, "text") ?? null : undefined
  const refusal = content.length === 1 && only !== undefined ? Json.string(only, "refusal") : undefined
  return Json.compact(
    {
      role: "assistant",
      content: text === undefined ? content : text,
      refusal,
      tool_calls: calls.length === 0 ? undefined : calls,
      reasoning_details: details.length === 0 ? undefined : details
    } satisfies Json.Members<Api.AssistantMessage & { readonly reasoning_details: unknown }>
  )
}

const messagePart = (part: JsonObject, field: string): Translated<JsonObject> =>
  Result.map(unmarkedPart(part, field), (made) => {
    const { prompt_cache_breakpoint: mark } = part
    return Json.isObject(mark) ? { ...made, prompt_cache_breakpoint: mark } : made
  })

const unmarkedPart = (part: JsonObject, field: string): Translated<JsonObject> => {
  switch (typeOf(part)) {
    case "input_text":
    case "output_text":
      return Result.succeed(
        { type: "text", text: Json.string(part, "text") ?? "" } satisfies Json.Members<Api.TextPart>
      )
    case "refusal":
      return Result.succeed({ type: "refusal", refusal: Json.string(part, "refusal") ?? "" })
    case "input_image": {
      const url = Json.string(part, "image_url")
      return url === undefined
        ? refuse(`${field}.file_id`, "names a stored image. Send `image_url`, which may be a data URL.")
        : Result.succeed(
          { type: "image_url", image_url: { url, ...present(part, ["detail"]) } } satisfies Json.Members<Api.ImagePart>
        )
    }
    case "input_audio":
      return Result.succeed(
        { type: "input_audio", input_audio: Json.object(part, "input_audio") ?? {} } satisfies Json.Members<
          Api.AudioPart
        >
      )
    case "input_file":
      return Json.string(part, "file_url") === undefined
        ? Result.succeed(
          { type: "file", file: present(part, ["file_id", "file_data", "filename"]) } satisfies Json.Members<
            Api.FilePart
          >
        )
        : refuse(`${field}.file_url`, "cannot be fetched where this model is served. Send `file_data`.")
    default:
      return refuse(`${field}.type`, `\`${typeOf(part)}\` has no counterpart where this model is served.`)
  }
}

const outputMessage = (item: JsonObject, field: string): Translated<JsonObject> =>
  Result.gen(function*() {
    const message = { role: "tool", tool_call_id: Json.string(item, "call_id") ?? "" } satisfies Json.Members<
      Api.ToolMessage
    >
    const output = Json.string(item, "output")
    if (output !== undefined) return { ...message, content: output }
    const content = yield* parts(item, "output", field, messagePart)
    const strange = content.findIndex((part) => typeOf(part) !== "text")
    return strange === -1
      ? { ...message, content }
      : yield* refuse(`${field}.output[${strange}]`, "is not text, and a tool message holds nothing else.")
  })

/** The `instructions` and `input` of a request as messages. */
export const toMessages = (request: JsonObject): Translated<Items> =>
  Result.gen(function*() {
    const messages: Array<JsonObject> = []
    const instructions = Json.string(request, "instructions")
    if (instructions !== undefined) messages.push({ role: "system", content: instructions })
    const input = Json.string(request, "input")
    if (input !== undefined) messages.push({ role: "user", content: input })

    let turn: Turn | undefined
    const flush = (): void => {
      if (turn !== undefined) messages.push(turnMessage(turn))
      turn = undefined
    }
    const opened = (): Turn => turn ??= { details: [], content: [], calls: [] }

    for (const [index, item] of Json.objects(request, "input").entries()) {
      const field = `input[${index}]`
      const role = Json.string(item, "role")
      switch (Json.string(item, "type") ?? "message") {
        case "message": {
          const text = Json.string(item, "content")
          const content = text === undefined ? yield* parts(item, "content", field, messagePart) : undefined
          if (role !== "assistant") {
            flush()
            messages.push({ role: role ?? "user", content: content ?? text ?? "" })
            break
          }
          // A second text is a second message, unless calls would then lose their place before their results.
          if (turn !== undefined && turn.content.length > 0 && turn.calls.length === 0) flush()
          opened().content.push(
            ...(content ?? [{ type: "text", text: text ?? "" } satisfies Json.Members<Api.TextPart>])
          )
          break
        }
        case "reasoning": {
          if (turn !== undefined && turn.content.length > 0 && turn.calls.length === 0) flush()
          const { details } = opened()
          const id = Json.string(item, "id")
          for (const part of Json.objects(item, "summary")) {
            details.push(Reasoning.summaryDetail(details.length, id, Json.string(part, "text") ?? ""))
          }
          const encrypted = Json.string(item, "encrypted_content")
          const detail = encrypted === undefined
            ? undefined
            : Reasoning.encryptedDetail(details.length, id, encrypted)
          if (detail !== undefined) details.push(detail)
          break
        }
        case "function_call":
          opened().calls.push(
            Json.compact({
              id: Json.string(item, "call_id") ?? "",
              type: "function",
              function: { name: Json.string(item, "name") ?? "", arguments: Json.string(item, "arguments") ?? "" },
              extra_content: Reasoning.extraContent(Json.string(item, "signature"))
            })
          )
          break
        case "function_call_output":
          flush()
          messages.push(yield* outputMessage(item, field))
          break
        // A report of what the provider did by itself: the answer it led to follows.
        case "web_search_call":
          break
        default:
          return yield* refuse(`${field}.type`, `\`${typeOf(item)}\` has no counterpart where this model is served.`)
      }
    }
    flush()
    return messages
  })
