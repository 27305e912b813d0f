/** Gathers a Messages stream into the body the non-streaming call would have had, unknown members and all. */
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import * as JsonSource from "../../wire/JsonSource.ts"
import type { Collector } from "../../Dialect.ts"
import * as Usage from "./Usage.ts"

/** One content block while its deltas arrive. */
interface Block {
  readonly start: JsonObject
  text: string
  thinking: string
  json: string
  signature: string | undefined
  readonly citations: Array<JsonObject>
}

const openBlock = (start: JsonObject): Block => ({
  start,
  text: Json.string(start, "text") ?? "",
  thinking: Json.string(start, "thinking") ?? "",
  json: "",
  signature: Json.string(start, "signature"),
  citations: [...Json.objects(start, "citations")]
})

const addDelta = (block: Block, delta: JsonObject): void => {
  switch (Json.string(delta, "type")) {
    case "text_delta":
      block.text += Json.string(delta, "text") ?? ""
      break
    case "thinking_delta":
      block.thinking += Json.string(delta, "thinking") ?? ""
      break
    case "input_json_delta":
      block.json += Json.string(delta, "partial_json") ?? ""
      break
    case "signature_delta":
      block.signature = Json.string(delta, "signature")
      break
    case "citations_delta": {
      const citation = Json.object(delta, "citation")
      if (citation !== undefined) block.citations.push(citation)
    }
  }
}

const wholeBlock = (block: Block): JsonObject =>
  Json.compact({
    ...block.start,
    text: Object.hasOwn(block.start, "text") || block.text !== "" ? block.text : undefined,
    thinking: Object.hasOwn(block.start, "thinking") || block.thinking !== "" ? block.thinking : undefined,
    signature: block.signature,
    citations: block.citations.length > 0 ? block.citations : block.start["citations"],
    input: block.json === "" ? block.start["input"] : JsonSource.parseObject(block.json) ?? {}
  })

export const collector = (): Collector => {
  let message: JsonObject = {}
  let usage: JsonObject = {}
  let isWhole = false
  // An index is the provider's word: a key, never a length.
  const blocks = new Map<number, Block>()
  return {
    add: (event) => {
      switch (Json.string(event, "type")) {
        case "message_start":
          message = Json.object(event, "message") ?? {}
          usage = Json.object(message, "usage") ?? {}
          break
        case "content_block_start": {
          const index = Json.number(event, "index") ?? blocks.size
          blocks.set(index, openBlock(Json.object(event, "content_block") ?? {}))
          break
        }
        case "content_block_delta": {
          const block = blocks.get(Json.number(event, "index") ?? -1)
          if (block !== undefined) addDelta(block, Json.object(event, "delta") ?? {})
          break
        }
        case "message_delta": {
          const { delta: _delta, type: _type, usage: _usage, ...rest } = event
          message = { ...message, ...rest, ...Json.object(event, "delta") }
          usage = Usage.merge(usage, Json.object(event, "usage") ?? {})
          break
        }
        case "message_stop":
          isWhole = true
      }
    },
    body: () => {
      const inOrder = [...blocks].toSorted(([one], [other]) => one - other)
      return isWhole ? { ...message, content: inOrder.map(([, block]) => wholeBlock(block)), usage } : undefined
    }
  }
}
