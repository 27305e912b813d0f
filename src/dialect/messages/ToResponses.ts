/**
 * Anthropic's answers as Responses: a stream through the hub's writer, and a whole body through the same path.
 *
 * Neighbouring text blocks become one message with one text part. Anthropic cites block by block and gives no
 * offsets, so a citation covers the block that holds it.
 */
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import * as JsonSource from "../../wire/JsonSource.ts"
import type { AnswerContext, Transducer } from "../../Dialect.ts"
import * as ResponsesHub from "../responses/Writer.ts"
import * as ArgumentsText from "./ArgumentsText.ts"
import * as Thinking from "./Thinking.ts"
import * as Usage from "./Usage.ts"

/** What becomes of one content block: its deltas, then its end. */
interface BlockWriter {
  readonly delta: (delta: JsonObject) => void
  readonly stop: () => void
}

const ignored: BlockWriter = { delta: () => undefined, stop: () => undefined }

const deltaOf = (delta: JsonObject, type: string, member: string): string =>
  Json.string(delta, "type") === type ? Json.string(delta, member) ?? "" : ""

/** An annotation over `[start, end)`; citations of documents name no address and have no counterpart. */
const annotationOf = (citation: JsonObject, start: number, end: number): JsonObject | undefined => {
  const url = Json.string(citation, "url")
  return url === undefined
    ? undefined
    : { type: "url_citation", start_index: start, end_index: end, title: Json.string(citation, "title") ?? "", url }
}

/** The hub's word for the tier Anthropic reports; its `batch` has none. */
const tierFromWire = (usage: JsonObject): string | undefined => {
  const word = Json.string(usage, "service_tier")
  return word === "standard" ? "default" : word === "priority" ? word : undefined
}

const incompleteReasons: { readonly [stopReason: string]: string } = {
  max_tokens: "max_output_tokens",
  model_context_window_exceeded: "max_output_tokens",
  // A turn that is not gone on with is an answer that was cut.
  pause_turn: "max_output_tokens",
  refusal: "content_filter"
}

const answer = (context: AnswerContext) => {
  const writer = ResponsesHub.make(context)
  const blocks = new Map<number, BlockWriter>()
  let message: { readonly to: ResponsesHub.MessageWriter; length: number } | undefined
  let model: string | undefined
  let usage: JsonObject = {}
  let ending: JsonObject = {}

  const closeMessage = (): void => {
    message?.to.close()
    message = undefined
  }

  const text = (start: JsonObject): BlockWriter => {
    message ??= { to: writer.message(), length: 0 }
    const { to } = message
    const open = message
    const from = open.length
    const citations = [...Json.objects(start, "citations")]
    const write = (delta: string): void => {
      if (delta === "") return
      to.text(delta)
      open.length += delta.length
    }
    write(Json.string(start, "text") ?? "")
    return {
      delta: (delta) => {
        write(deltaOf(delta, "text_delta", "text"))
        const citation = Json.object(delta, "citation")
        if (citation !== undefined) citations.push(citation)
      },
      stop: () => {
        for (const citation of citations) {
          const annotation = annotationOf(citation, from, open.length)
          if (annotation !== undefined) to.annotation(annotation)
        }
      }
    }
  }

  const toolUse = (start: JsonObject): BlockWriter => {
    const call = writer.functionCall({
      callId: Json.string(start, "id") ?? "",
      name: Json.string(start, "name") ?? ""
    })
    const compressed = ArgumentsText.make()
    let isEmpty = true
    return {
      delta: (delta) => {
        const piece = compressed.push(deltaOf(delta, "input_json_delta", "partial_json"))
        if (piece === "") return
        isEmpty = false
        call.arguments(piece)
      },
      stop: () => {
        if (isEmpty) call.arguments(JsonSource.stringify(Json.object(start, "input") ?? {}))
        call.close()
      }
    }
  }

  const thinking = (start: JsonObject): BlockWriter => {
    const item = writer.reasoning()
    let signature = Json.string(start, "signature") ?? ""
    const write = (delta: string): void => {
      if (delta !== "") item.summary(delta)
    }
    write(Json.string(start, "thinking") ?? "")
    return {
      delta: (delta) => {
        write(deltaOf(delta, "thinking_delta", "thinking"))
        signature = deltaOf(delta, "signature_delta", "signature") || signature
      },
      stop: () => {
        const encrypted = signature === "" ? undefined : Thinking.encryptedOf(signature)
        if (encrypted !== undefined) item.encrypted(encrypted)
        item.close()
      }
    }
  }

  const redactedThinking = (start: JsonObject): BlockWriter => {
    const item = writer.reasoning()
    item.encrypted(Thinking.encryptedOfRedacted(Json.string(start, "data") ?? ""))
    return { delta: () => undefined, stop: () => item.close() }
  }

  const webSearch = (start: JsonObject): BlockWriter => {
    const call = writer.webSearchCall()
    let json = ""
    return {
      delta: (delta) => {
        json += deltaOf(delta, "input_json_delta", "partial_json")
      },
      stop: () => {
        const input = (json === "" ? Json.object(start, "input") : Json.parseObject(json)) ?? {}
        const query = Json.string(input, "query") ?? ""
        call.close({ type: "search", query, queries: [query] })
      }
    }
  }

  const open = (start: JsonObject): BlockWriter => {
    const type = Json.string(start, "type")
    if (type === "text") return text(start)
    closeMessage()
    switch (type) {
      case "tool_use":
        return toolUse(start)
      case "thinking":
        return thinking(start)
      case "redacted_thinking":
        return redactedThinking(start)
      case "server_tool_use":
        return Json.string(start, "name") === "web_search" ? webSearch(start) : ignored
      default:
        return ignored
    }
  }

  const identify = (serviceTier: string | undefined): void => writer.identify({ model, serviceTier })

  const finish = (): JsonObject => {
    const reason = Json.string(ending, "stop_reason") ?? ""
    const explanation = Json.string(Json.object(ending, "stop_details") ?? {}, "explanation")
    const isRefusal = reason === "refusal" && explanation !== undefined && explanation !== ""
    if (isRefusal) {
      const to = message?.to ?? writer.message()
      to.refusal(explanation)
    }
    closeMessage()
    identify(tierFromWire(usage))
    // A refusal that says why is a complete answer to the hub; one that does not was filtered away.
    const incompleteReason = isRefusal || !Object.hasOwn(incompleteReasons, reason)
      ? undefined
      : incompleteReasons[reason]
    return writer.finish({
      status: incompleteReason === undefined ? "completed" : "incomplete",
      usage: Usage.usageOf(usage),
      incompleteReason
    })
  }

  const fail = (event: JsonObject): JsonObject => {
    const error = Json.object(event, "error") ?? {}
    identify(undefined)
    return writer.finish({
      status: "failed",
      error: {
        code: Json.string(error, "type") ?? "server_error",
        message: Json.string(error, "message") ?? "The provider reported a failure without a message."
      }
    })
  }

  const add = (event: JsonObject): void => {
    const index = Json.number(event, "index") ?? -1
    switch (Json.string(event, "type")) {
      case "message_start": {
        const start = Json.object(event, "message") ?? {}
        model = Json.string(start, "model")
        usage = Json.object(start, "usage") ?? {}
        identify(undefined)
        break
      }
      case "content_block_start":
        blocks.set(index, open(Json.object(event, "content_block") ?? {}))
        break
      case "content_block_delta":
        blocks.get(index)?.delta(Json.object(event, "delta") ?? {})
        break
      case "content_block_stop":
        blocks.get(index)?.stop()
        blocks.delete(index)
        break
      case "message_delta":
        ending = { ...ending, ...Json.object(event, "delta") }
        usage = Usage.merge(usage, Json.object(event, "usage") ?? {})
        break
      case "message_stop":
        finish()
        break
      case "error":
        fail(event)
    }
  }

  return { add, fail, finish, take: writer.take }
}

export const eventsToResponses = (context: AnswerContext): Transducer => {
  const { add, take } = answer(context)
  return {
    push: (event) => {
      add(event)
      return take()
    }
  }
}

export const bodyToResponses = (body: JsonObject, context: AnswerContext): JsonObject => {
  const { add, fail, finish } = answer(context)
  // What has no content is no message, whatever else it is.
  if (Json.array(body, "content") === undefined) return fail(body)
  add({ type: "message_start", message: body })
  Json.objects(body, "content").forEach((block, index) => {
    add({ type: "content_block_start", index, content_block: block })
    add({ type: "content_block_stop", index })
  })
  add({ type: "message_delta", delta: body, usage: {} })
  return finish()
}
