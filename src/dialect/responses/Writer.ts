/**
 * How translators speak Responses, the hub: the shell of a response, its items and usage, and a writer that turns
 * "an item opens, text arrives, the answer ends" into the event sequence OpenAI documents. A whole body is what the
 * writer's `finish` returns, so a translated stream and a translated body cannot disagree.
 *
 * @since 0.1.0
 */
import type * as Api from "../../api/Responses.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import type { AnswerContext } from "../../Dialect.ts"
import type { Usage } from "../../Usage.ts"

/** How a response ended; it names the terminal event too. */
export type FinalStatus = "completed" | "incomplete" | "failed"

/** Who and what answered: what the source says of itself, where it says so. */
export interface Identity {
  /** Made up from `context.id` where absent. */
  readonly id?: string | undefined
  /** Unix seconds; `context.createdAt` where absent. */
  readonly createdAt?: number | undefined
  /** `context.model` where absent. */
  readonly model?: string | undefined
  /** The served tier in the hub's words: `default`, `flex`, `priority`. */
  readonly serviceTier?: string | undefined
}

/** What went wrong, as the source says it. */
export interface EndingError {
  readonly code: string
  readonly message: string
  readonly type?: string | null | undefined
  readonly param?: string | null | undefined
}

/** How an answer ended. */
export interface Ending {
  readonly status: FinalStatus
  readonly usage?: Usage | undefined
  /** `max_output_tokens` or `content_filter`; meant for `incomplete` alone. */
  readonly incompleteReason?: string | undefined
  /** Meant for `failed` alone. */
  readonly error?: EndingError | undefined
}

/** The prefixes OpenAI gives its ids. */
type IdPrefix = "resp" | "msg" | "fc" | "rs" | "ws"

/**
 * A made-up id: the same context and output index give the same id.
 *
 * @internal
 */
export const makeId = (context: AnswerContext, prefix: IdPrefix, outputIndex?: number): string =>
  outputIndex === undefined ? `${prefix}_${context.id}` : `${prefix}_${context.id}_${outputIndex}`

/**
 * What was written to the prompt cache, as both formats of OpenAI's tell it; the longer life is its twelve hours.
 *
 * @internal
 */
export const cacheWrites = ({ cacheWriteInput, longCacheWriteInput }: Usage): JsonObject => ({
  cache_write_tokens: cacheWriteInput,
  ...(longCacheWriteInput === 0 ? {} : {
    cache_write_tokens_details: {
      ttl_12h_tokens: longCacheWriteInput,
      ttl_30m_tokens: cacheWriteInput - longCacheWriteInput
    }
  })
})

/**
 * Token counts as a response's `usage`.
 *
 * @internal
 */
export const usageObject = (usage: Usage): JsonObject =>
  ({
    input_tokens: usage.input,
    input_tokens_details: { cached_tokens: usage.cachedInput, ...cacheWrites(usage) },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: usage.input + usage.output
  }) satisfies Json.Members<Api.ResponseUsage>

// The wire has a few members that the documentation leaves out (recorded streams).
type Members = Json.Members<Api.ResponseEvent | { readonly name: string }>

type ResponseMembers = Json.Members<
  Omit<Api.ResponseObject, "status"> & { readonly status: string; readonly store: boolean }
>

const echoed: ReadonlyArray<keyof Api.ResponseObject> = [
  "instructions",
  "max_output_tokens",
  "max_tool_calls",
  "previous_response_id",
  "prompt_cache_key",
  "safety_identifier",
  "temperature",
  "top_p",
  "user"
]

/**
 * A complete response; what the vendor echoes of the request is echoed from `context.request`.
 *
 * @internal
 */
export const responseShell = (
  context: AnswerContext,
  options: Identity & {
    readonly status: FinalStatus | "queued" | "in_progress" | "cancelled"
    readonly output: ReadonlyArray<JsonObject>
    readonly usage?: Usage | undefined
    readonly incompleteReason?: string | undefined
    readonly error?: EndingError | undefined
  }
): JsonObject => {
  const { request } = context
  const { error, incompleteReason, usage } = options
  const reasoning = Json.object(request, "reasoning") ?? {}
  return Json.compact(
    {
      id: options.id ?? makeId(context, "resp"),
      object: "response",
      created_at: options.createdAt ?? context.createdAt,
      status: options.status,
      background: false,
      error: error === undefined ? null : Json.compact({
        code: error.code,
        message: error.message,
        type: error.type ?? undefined,
        param: error.param ?? undefined
      }),
      incomplete_details: incompleteReason === undefined ? null : { reason: incompleteReason },
      ...Object.fromEntries(echoed.map((key) => [key, Object.hasOwn(request, key) ? request[key] : null])),
      model: options.model ?? context.model,
      output: [...options.output],
      parallel_tool_calls: Json.boolean(request, "parallel_tool_calls") ?? true,
      reasoning: {
        effort: Json.string(reasoning, "effort") ?? null,
        summary: Json.string(reasoning, "summary") ?? null
      },
      // Until the end the tier is the one asked for; at the end it is the one reported, and no other.
      service_tier: options.serviceTier ??
        (options.status === "in_progress" ? Json.string(request, "service_tier") : undefined) ?? null,
      store: Json.boolean(request, "store") ?? false,
      text: { format: { type: "text" }, ...Json.object(request, "text") },
      tool_choice: Json.string(request, "tool_choice") ?? Json.object(request, "tool_choice") ?? "auto",
      tools: Json.array(request, "tools") ?? [],
      top_logprobs: Json.number(request, "top_logprobs") ?? 0,
      truncation: Json.string(request, "truncation") === "auto" ? "auto" : "disabled",
      usage: usage === undefined ? null : usageObject(usage),
      // Without it, whoever bills would count the `web_search_call` items instead of the searches.
      tool_usage: usage === undefined ? undefined : { web_search: { num_requests: usage.webSearches } },
      metadata: Json.object(request, "metadata") ?? {}
    } satisfies ResponseMembers
  )
}

/** Whether an item is still being written, is whole, or was cut off. */
export type ItemStatus = "in_progress" | "completed" | "incomplete"

/**
 * An assistant message; `content` holds `output_text` and `refusal` parts.
 *
 * @internal
 */
export const messageItem = (id: string, status: ItemStatus, content: ReadonlyArray<JsonObject>): JsonObject =>
  ({
    id,
    type: "message",
    status,
    role: "assistant",
    content: [...content]
  }) satisfies Json.Members<Api.OutputMessage>

/**
 * An `output_text` part.
 *
 * @internal
 */
export const textPart = (
  text: string,
  annotations: ReadonlyArray<JsonObject> = [],
  logprobs: ReadonlyArray<Json.Json> = []
): JsonObject =>
  ({ type: "output_text", annotations: [...annotations], logprobs: [...logprobs], text }) satisfies Json.Members<
    Api.OutputText
  >

/**
 * A `refusal` part.
 *
 * @internal
 */
export const refusalPart = (refusal: string): JsonObject =>
  ({ type: "refusal", refusal }) satisfies Json.Members<Api.Refusal>

/**
 * A call the model makes; `arguments` is JSON text.
 *
 * @internal
 */
export const functionCallItem = (id: string, status: ItemStatus, call: {
  readonly callId: string
  readonly name: string
  readonly arguments: string
  /** The maker's opaque signature of the call, as `ForeignSignature` encodes it for the owner of the hub, openai. */
  readonly signature?: string | undefined
}): JsonObject =>
  Json.compact(
    {
      id,
      type: "function_call",
      status,
      arguments: call.arguments,
      call_id: call.callId,
      name: call.name,
      signature: call.signature
    } satisfies Json.Members<Api.FunctionCall & { readonly signature: string }>
  )

/**
 * What the model lets see of its thinking, and the opaque rest (as `ForeignSignature` encodes it for openai).
 *
 * @internal
 */
export const reasoningItem = (
  id: string,
  summary: ReadonlyArray<string>,
  encryptedContent?: string | undefined
): JsonObject =>
  Json.compact(
    {
      id,
      type: "reasoning",
      summary: summary.map((text) => ({ type: "summary_text", text })),
      encrypted_content: encryptedContent
    } satisfies Json.Members<Api.Reasoning>
  )

/**
 * A search the provider made itself; `action` is such as `{ type: "search", query, queries }`.
 *
 * @internal
 */
export const webSearchCallItem = (id: string, status: ItemStatus, action?: JsonObject | undefined): JsonObject =>
  Json.compact({ id, type: "web_search_call", status, action } satisfies Json.Members<Api.WebSearchCall>)

/** An assistant message being written. Parts open by themselves when something arrives for them. */
export interface MessageWriter {
  readonly text: (delta: string, logprobs?: ReadonlyArray<Json.Json>) => void
  readonly refusal: (delta: string) => void
  /** Adds to the text part that is open, or opens one; `annotation` is flat, as Responses has it. */
  readonly annotation: (annotation: JsonObject) => void
  /** Ends the open part; what comes next goes to another. */
  readonly endPart: () => void
  readonly close: (status?: "completed" | "incomplete") => void
}

/** A function call being written. */
export interface FunctionCallWriter {
  readonly arguments: (delta: string) => void
  readonly signature: (value: string) => void
  readonly close: (status?: "completed" | "incomplete") => void
}

/** A reasoning item being written. */
export interface ReasoningWriter {
  readonly summary: (delta: string) => void
  /** Ends the open summary part; the next delta opens another. */
  readonly endPart: () => void
  readonly encrypted: (value: string) => void
  readonly close: () => void
}

/** A web search being reported. */
export interface WebSearchWriter {
  readonly close: (action?: JsonObject) => void
}

/**
 * Writes one response as events. It keeps `sequence_number` and `output_index` itself, writes `response.created` and
 * `response.in_progress` before the first item, and lets several items be open at once. Calls on a closed item are
 * ignored.
 *
 * **Example** (a transducer)
 *
 * ```text
 * const writer = ResponsesWriter.make(context)
 * const message = writer.message()
 * message.text("Hello")
 * writer.finish({ status: "completed", usage })
 * writer.take() // created, in_progress, output_item.added, …, response.completed
 * ```
 */
export interface ResponsesWriter {
  /** What the source says of itself; call it before the first item, so that `response.created` says it too. */
  readonly identify: (identity: Identity) => void
  readonly message: (options?: { readonly id?: string | undefined }) => MessageWriter
  readonly functionCall: (
    call: { readonly callId: string; readonly name: string; readonly id?: string | undefined }
  ) => FunctionCallWriter
  readonly reasoning: (options?: { readonly id?: string | undefined }) => ReasoningWriter
  readonly webSearchCall: (options?: { readonly id?: string | undefined }) => WebSearchWriter
  /**
   * Closes what is open (as `incomplete` unless the answer is completed), writes the terminal event and returns its
   * response: the whole body. Later calls change nothing and return the same.
   */
  readonly finish: (ending: Ending) => JsonObject
  /** Whether `finish` was called. */
  readonly finished: () => boolean
  /** The events written since the last `take`. */
  readonly take: () => ReadonlyArray<JsonObject>
}

/**
 * A writer for one answer.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (context: AnswerContext): ResponsesWriter => {
  let events: Array<JsonObject> = []
  let sequence = 0
  let identity: Identity = {}
  let started = false
  let final: JsonObject | undefined
  /** Every item so far, in order, and how to close it. */
  const items: Array<{ value: JsonObject; readonly close: (status: "completed" | "incomplete") => void }> = []

  const emit = (type: Api.ResponseEvent["type"], members: JsonObject): void => {
    events.push({ type, sequence_number: sequence++, ...members })
  }

  const start = (): void => {
    if (started) return
    started = true
    const response = responseShell(context, { ...identity, status: "in_progress", output: [] })
    emit("response.created", { response } satisfies Members)
    emit("response.in_progress", { response } satisfies Members)
  }

  /** Opens an item; `end` writes what closes it and returns it whole. */
  const open = (
    initial: (outputIndex: number) => JsonObject,
    end: (at: JsonObject, status: "completed" | "incomplete") => JsonObject
  ) => {
    start()
    const outputIndex = items.length
    const value = initial(outputIndex)
    const id = Json.string(value, "id") ?? ""
    const at: JsonObject = { item_id: id, output_index: outputIndex }
    let isOpen = final === undefined
    const close = (status: "completed" | "incomplete" = "completed"): void => {
      if (!isOpen) return
      const whole = end(at, status)
      isOpen = false
      entry.value = whole
      emit("response.output_item.done", { output_index: outputIndex, item: whole } satisfies Members)
    }
    const entry = { value, close }
    if (isOpen) {
      items.push(entry)
      emit("response.output_item.added", { output_index: outputIndex, item: value } satisfies Members)
    }
    return {
      id,
      close,
      /** Most of a stream is text, and an event that is written out costs a third of one that is put together. */
      writeText: (content_index: number, delta: string, logprobs: ReadonlyArray<Json.Json>): void => {
        if (!isOpen) return
        events.push({
          type: "response.output_text.delta",
          sequence_number: sequence++,
          item_id: id,
          output_index: outputIndex,
          content_index,
          delta,
          logprobs
        })
      },
      write: (type: Api.ResponseEvent["type"], members: JsonObject): boolean => {
        if (isOpen) {
          events.push({ type, sequence_number: sequence++, item_id: id, output_index: outputIndex, ...members })
        }
        return isOpen
      }
    }
  }

  const message: ResponsesWriter["message"] = (options) => {
    const content: Array<JsonObject> = []
    let kind: "text" | "refusal" | undefined
    let text = ""
    let annotations: Array<JsonObject> = []
    let logprobs: Array<Json.Json> = []
    const item = open(
      (index) => messageItem(options?.id ?? makeId(context, "msg", index), "in_progress", []),
      (_, status) => {
        endPart()
        return messageItem(item.id, status, content)
      }
    )
    const endPart = (): void => {
      if (kind === undefined) return
      const at = { content_index: content.length }
      const part = kind === "text" ? textPart(text, annotations, logprobs) : refusalPart(text)
      if (kind === "text") item.write("response.output_text.done", { ...at, text, logprobs } satisfies Members)
      else item.write("response.refusal.done", { ...at, refusal: text } satisfies Members)
      item.write("response.content_part.done", { ...at, part } satisfies Members)
      content.push(part)
      kind = undefined
    }
    const beginPart = (wanted: "text" | "refusal"): void => {
      if (kind === wanted) return
      endPart()
      kind = wanted
      text = ""
      annotations = []
      logprobs = []
      const part = wanted === "text" ? textPart("") : refusalPart("")
      item.write("response.content_part.added", { content_index: content.length, part } satisfies Members)
    }
    return {
      text: (delta, probabilities = []) => {
        beginPart("text")
        text += delta
        logprobs.push(...probabilities)
        item.writeText(content.length, delta, [...probabilities])
      },
      refusal: (delta) => {
        beginPart("refusal")
        text += delta
        item.write("response.refusal.delta", { content_index: content.length, delta } satisfies Members)
      },
      annotation: (annotation) => {
        beginPart("text")
        item.write(
          "response.output_text.annotation.added",
          {
            content_index: content.length,
            annotation_index: annotations.length,
            annotation
          } satisfies Members
        )
        annotations.push(annotation)
      },
      endPart,
      close: item.close
    }
  }

  const functionCall: ResponsesWriter["functionCall"] = ({ callId, id, name }) => {
    let text = ""
    let signature: string | undefined
    const item = open(
      (index) => functionCallItem(id ?? makeId(context, "fc", index), "in_progress", { callId, name, arguments: "" }),
      (_, status) => {
        item.write("response.function_call_arguments.done", { name, arguments: text } satisfies Members)
        return functionCallItem(item.id, status, { callId, name, arguments: text, signature })
      }
    )
    return {
      arguments: (delta) => {
        if (item.write("response.function_call_arguments.delta", { delta } satisfies Members)) text += delta
      },
      signature: (value) => {
        signature = value
      },
      close: item.close
    }
  }

  const reasoning: ResponsesWriter["reasoning"] = (options) => {
    const parts: Array<string> = []
    let text: string | undefined
    let encrypted: string | undefined
    const item = open(
      (index) => reasoningItem(options?.id ?? makeId(context, "rs", index), []),
      () => {
        endPart()
        return reasoningItem(item.id, parts, encrypted)
      }
    )
    const endPart = (): void => {
      if (text === undefined) return
      const at = { summary_index: parts.length }
      item.write("response.reasoning_summary_text.done", { ...at, text } satisfies Members)
      item.write(
        "response.reasoning_summary_part.done",
        { ...at, part: { type: "summary_text", text } } satisfies Members
      )
      parts.push(text)
      text = undefined
    }
    return {
      summary: (delta) => {
        const at = { summary_index: parts.length }
        if (text === undefined) {
          item.write(
            "response.reasoning_summary_part.added",
            { ...at, part: { type: "summary_text", text: "" } } satisfies Members
          )
          text = ""
        }
        text += delta
        item.write("response.reasoning_summary_text.delta", { ...at, delta } satisfies Members)
      },
      endPart,
      encrypted: (value) => {
        encrypted = value
      },
      close: () => item.close()
    }
  }

  const webSearchCall: ResponsesWriter["webSearchCall"] = (options) => {
    let action: JsonObject | undefined
    const item = open(
      (index) => webSearchCallItem(options?.id ?? makeId(context, "ws", index), "in_progress"),
      (_, status) => {
        if (status === "completed") item.write("response.web_search_call.completed", {} satisfies Members)
        return webSearchCallItem(item.id, status, action)
      }
    )
    item.write("response.web_search_call.in_progress", {} satisfies Members)
    item.write("response.web_search_call.searching", {} satisfies Members)
    return {
      close: (done) => {
        action = done
        item.close()
      }
    }
  }

  return {
    identify: (facts) => {
      identity = facts
    },
    message,
    functionCall,
    reasoning,
    webSearchCall,
    finish: (ending) => {
      if (final !== undefined) return final
      start()
      for (const item of items) item.close(ending.status === "completed" ? "completed" : "incomplete")
      final = responseShell(context, { ...identity, ...ending, output: items.map(({ value }) => value) })
      emit(`response.${ending.status}`, { response: final })
      return final
    },
    finished: () => final !== undefined,
    take: () => {
      const taken = events
      events = []
      return taken
    }
  }
}
