/** Streams of Responses as backends tell them: rarely the way the documentation does. */
import * as Json from "../../../src/wire/Json.ts"
import type { JsonObject } from "../../../src/wire/Json.ts"
import { type Seeded, seeded } from "../../support/seeded.ts"

const words = ["a", "Hello", " ", "Grüße 😀", "{\"x\":", "\n", "aa", "42"] as const

const textOf = ({ pick, some }: Seeded): string => [pick(words), ...some(4, () => pick(words))].join("")

const itemOf = (random: Seeded, at: number): JsonObject => {
  const { once, pick, some } = random
  switch (pick(["message", "message", "reasoning", "function_call", "custom_tool_call", "web_search_call"])) {
    case "message":
      return {
        id: `msg_${at}`,
        type: "message",
        role: "assistant",
        status: "completed",
        content: some(3, () => {
          const text = once(6) ? "" : textOf(random)
          return once(5)
            ? { type: "refusal", refusal: text }
            : {
              type: "output_text",
              text,
              logprobs: [],
              annotations: some(
                2,
                () => ({ type: "url_citation", start_index: 0, end_index: text.length, url: "u", title: "t" })
              )
            }
        })
      }
    case "reasoning":
      return Json.compact({
        id: `rs_${at}`,
        type: "reasoning",
        summary: some(3, () => ({ type: "summary_text", text: once(6) ? "" : textOf(random) })),
        encrypted_content: once(2) ? `gAAA${at}` : undefined
      })
    case "function_call": {
      const value = JSON.stringify({ [textOf(random)]: textOf(random) })
      return { id: `fc_${at}`, type: "function_call", call_id: `call_${at}`, name: "f", arguments: value }
    }
    case "custom_tool_call":
      return { id: `ct_${at}`, type: "custom_tool_call", call_id: `call_${at}`, name: "g", input: textOf(random) }
    default:
      return {
        id: `ws_${at}`,
        type: "web_search_call",
        status: "completed",
        action: { type: "search", query: textOf(random) }
      }
  }
}

const pieces = (random: Seeded, text: string): ReadonlyArray<string> => {
  const out: Array<string> = []
  for (let at = 0; at < text.length;) {
    const size = 1 + random.below(6)
    out.push(text.slice(at, at + size))
    at += size
  }
  return out
}

const withMembers = (events: ReadonlyArray<JsonObject>, members: JsonObject): ReadonlyArray<JsonObject> =>
  events.map((event) => Object.assign({}, event, members))

/** The events between an item's first and its last. */
const within = (random: Seeded, item: JsonObject, shift: number): ReadonlyArray<JsonObject> => {
  const { once } = random
  const delta = (type: string, text: string, members: JsonObject): ReadonlyArray<JsonObject> =>
    withMembers(pieces(random, text).map((delta) => ({ type: `response.${type}.delta`, delta })), members)
  const input = Json.string(item, "arguments") ?? Json.string(item, "input")
  if (input !== undefined) {
    const name = item["type"] === "function_call" ? "function_call_arguments" : "custom_tool_call_input"
    return [
      ...(once(5) ? [] : delta(name, input, {})),
      ...(once(2) ? [] : [{ type: `response.${name}.done`, arguments: input, input }])
    ]
  }
  // A part of which nothing goes by would come last, when the item is whole; so all parts go by, or none.
  const isTold = !once(5)
  const summary = Json.objects(item, "summary").flatMap((part, summary_index) => {
    const text = Json.string(part, "text") ?? ""
    const done = { type: "response.reasoning_summary_text.done", summary_index, text }
    return isTold ? delta("reasoning_summary_text", text, { summary_index }).concat(once(2) ? [done] : []) : []
  })
  const all = random.once(2)
  const content = Json.objects(item, "content").map((part, at) => {
    const content_index = at + shift
    const name = part["type"] === "refusal" ? "refusal" : "output_text"
    const text = Json.string(part, "text") ?? Json.string(part, "refusal") ?? ""
    return delta(name, text, { content_index }).concat(
      Json.objects(part, "annotations").map((annotation) => ({
        type: "response.output_text.annotation.added",
        content_index,
        annotation
      })),
      once(2) ? [{ type: `response.${name}.done`, content_index, text, refusal: text }] : [],
      all ? [{ type: "response.content_part.done", content_index, part }] : []
    )
  })
  return [...summary, ...(once(6) ? [] : once(3) ? interleave(random, content) : content.flat())]
}

/** The lists as one, each in its order; what begins earlier has the lower place. */
const interleave = <A>(random: Seeded, lists: ReadonlyArray<ReadonlyArray<A>>): ReadonlyArray<A> => {
  const out: Array<A> = []
  const places = lists.map(() => 0)
  for (let left = lists.flat().length; left > 0;) {
    const at = random.below(lists.length)
    const value = lists[at]?.[places[at] ?? 0]
    const isAhead = lists.slice(0, at).some((list, before) => list.length > 0 && places[before] === 0)
    if (value === undefined || isAhead) continue
    places[at] = (places[at] ?? 0) + 1
    out.push(value)
    left--
  }
  return out
}

const renamed = (item: JsonObject): JsonObject =>
  item["type"] === "reasoning" || item["type"] === "web_search_call" ? item : { ...item, id: `other_${item["id"]}` }

/** A stream of one answer. */
export const oddStream = (seed: number): ReadonlyArray<JsonObject> => {
  const random = seeded(seed)
  const { below, once, pick, some } = random
  const items = some(4, (at) => itemOf(random, at))
  const isComplete = once(2)
  const streamed = items.slice(0, isComplete && once(4) ? below(items.length + 1) : items.length)
  const [step, base] = pick([[1, 0], [1, 0], [3, 1], [7, 3_000_000_000]])
  const isInterleaved = once(3)
  const events = streamed.map((item, at) => {
    const members = { output_index: base + at * step, item_id: item["id"] ?? null }
    const first = { type: "response.output_item.added", item: { ...item, ...empty(item) } }
    const last = { type: "response.output_item.done", item }
    const isDone = !isComplete || !once(3)
    const isNamed = item["call_id"] === undefined || isDone
    const rest = [
      ...within(random, item, once(4) ? 1 + below(3) : 0),
      ...(isDone ? [last, ...(once(6) ? [last] : [])] : [])
    ]
    // Of every item something goes by: one that only the terminal event tells of could not stand at its place.
    const isAdded = isInterleaved || !isNamed || rest.length === 0 || !once(4)
    const added = isAdded ? [first, ...(once(6) ? [first] : [])] : []
    return {
      added: withMembers(added, members),
      rest: withMembers(rest, members)
    }
  })
  const response: JsonObject = {
    id: "resp_1",
    object: "response",
    created_at: 1_700_000_001,
    model: "gpt-5.5",
    status: "in_progress",
    output: []
  }
  const status = pick(["completed", "completed", "incomplete"])
  const output = isComplete ? (once(3) ? items.map(renamed) : items) : pick([[], undefined])
  return [
    ...(once(4) ? [] : [{ type: "response.created", response }]),
    ...(isInterleaved
      ? [...events.flatMap(({ added }) => added), ...interleave(random, events.map(({ rest }) => rest))]
      : events.flatMap(({ added, rest }) => added.concat(rest))),
    {
      type: `response.${status}`,
      response: Json.compact({
        ...response,
        status,
        incomplete_details: status === "incomplete" ? { reason: pick(["max_output_tokens", "content_filter"]) } : null,
        output,
        usage: { input_tokens: 1, output_tokens: 2 }
      })
    }
  ]
}

/** An item as its first event has it. */
const empty = (item: JsonObject): JsonObject =>
  Json.compact({
    content: item["content"] === undefined ? undefined : [],
    summary: item["summary"] === undefined ? undefined : [],
    arguments: item["arguments"] === undefined ? undefined : "",
    input: item["input"] === undefined ? undefined : ""
  })
