/**
 * Gathers Chat Completions chunks into the `chat.completion` body a non-streaming call would have had: text and
 * arguments are joined, tool calls and reasoning details are matched by their index, and everything this file does
 * not know is kept.
 */
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import type { Collector } from "../../Dialect.ts"

// Maps, not objects: a foreign member may be called `__proto__`, and growing a map copies nothing.
type Growing = Json.Json | Members | Entries
type Members = Map<string, Growing>

/** An array that grows: entries that carry an `index` are found again by it, others are appended. */
class Entries {
  readonly list: Array<Json.Json | Members> = []
  readonly byIndex = new Map<number, Members>()
}

interface Choice {
  readonly message: Members
  readonly members: Members
}

/** Strings inside a delta's objects that arrive in pieces; others are said once or repeated whole. */
const joined: ReadonlySet<string> = new Set(["arguments", "input", "text", "summary", "data", "transcript"])
/** Strings of the delta itself that do not arrive in pieces. */
const whole: ReadonlySet<string> = new Set(["role", "id", "type", "name", "phase"])
/** Lists whose entries are matched by index. */
const indexed: ReadonlySet<string> = new Set(["tool_calls", "reasoning_details"])
/** Members of a chunk that have no meaning in a body. */
const chunkOnly: ReadonlySet<string> = new Set(["object", "choices", "obfuscation"])

const child = (members: Members, key: string): Members => {
  const found = members.get(key)
  if (found instanceof Map) return found
  const made: Members = new Map()
  members.set(key, made)
  return made
}

const entriesOf = (members: Members, key: string): Entries => {
  const found = members.get(key)
  if (found instanceof Entries) return found
  const made = new Entries()
  members.set(key, made)
  return made
}

const addMember = (members: Members, key: string, value: Json.Json, isDelta: boolean): void => {
  if (value === null) {
    if (!members.has(key)) members.set(key, null)
  } else if (typeof value === "string") {
    const before = members.get(key)
    if (isDelta ? !whole.has(key) : joined.has(key)) {
      members.set(key, typeof before === "string" ? before + value : value)
    } else if (value !== "" || typeof before !== "string") {
      members.set(key, value)
    }
  } else if (Json.isArray(value)) {
    addEntries(entriesOf(members, key), value, key)
  } else if (Json.isObject(value)) {
    addMembers(child(members, key), value)
  } else {
    members.set(key, value)
  }
}

const addMembers = (members: Members, value: JsonObject, isDelta = false): void => {
  for (const [key, member] of Object.entries(value)) addMember(members, key, member, isDelta)
}

const addEntries = (entries: Entries, values: ReadonlyArray<Json.Json>, key: string): void => {
  for (const [position, value] of values.entries()) {
    // Some hosts leave the index of a lone tool call out.
    const index = Json.isObject(value) && indexed.has(key)
      ? Json.number(value, "index") ?? (key === "tool_calls" ? position : undefined)
      : undefined
    if (index === undefined || !Json.isObject(value)) {
      entries.list.push(value)
      continue
    }
    const known = entries.byIndex.get(index) ?? new Map<string, Growing>()
    if (!entries.byIndex.has(index)) {
      entries.byIndex.set(index, known)
      entries.list.push(known)
    }
    addMembers(known, value)
  }
}

const build = (value: Growing): Json.Json => {
  if (value instanceof Map) return buildMembers(value)
  return value instanceof Entries ? value.list.map(build) : value
}

const buildMembers = (members: Members): JsonObject =>
  Object.fromEntries([...members].map(([key, value]) => [key, build(value)]))

const buildMessage = (members: Members): JsonObject => {
  const { tool_calls: calls, ...message } = buildMembers(members)
  const found = { role: "assistant", content: null, refusal: null, ...message }
  if (!Json.isArray(calls)) return found
  return { ...found, tool_calls: calls.map(withoutIndex) }
}

const withoutIndex = (call: Json.Json): Json.Json => {
  if (!Json.isObject(call)) return call
  const { index: _, ...rest } = call
  return rest
}

/** A collector that also tells what it has so far, for a body that is built rather than received. */
export interface ChunkCollector extends Collector {
  readonly merged: () => JsonObject
}

/** A collector of one stream. */
export const make = (): ChunkCollector => {
  const top: Members = new Map()
  const choices = new Map<number, Choice>()

  const choiceAt = (index: number): Choice => {
    const found = choices.get(index)
    if (found !== undefined) return found
    const made: Choice = { message: new Map(), members: new Map<string, Growing>([["finish_reason", null]]) }
    choices.set(index, made)
    return made
  }

  const addChoice = (choice: JsonObject): void => {
    const { delta, index, logprobs, ...rest } = choice
    const { members, message } = choiceAt(typeof index === "number" ? index : 0)
    if (Json.isObject(delta)) addMembers(message, delta, true)
    if (logprobs !== undefined) addMember(members, "logprobs", logprobs, false)
    for (const [key, value] of Object.entries(rest)) {
      if (value !== null || !members.has(key)) members.set(key, value)
    }
  }

  const merged = (): JsonObject => {
    const { created, id, model, ...rest } = buildMembers(top)
    return Json.compact({
      id,
      object: "chat.completion",
      created,
      model,
      choices: [...choices].toSorted(([a], [b]) => a - b).map(([index, { members, message }]) => {
        const { finish_reason, logprobs = null, ...others } = buildMembers(members)
        return Json.compact({ index, message: buildMessage(message), logprobs, finish_reason, ...others })
      }),
      ...rest
    })
  }

  return {
    add: (chunk) => {
      for (const [key, value] of Object.entries(chunk)) {
        if (chunkOnly.has(key)) continue
        // A translated stream's first chunks name the tier that was asked for; the last word counts, even if it is
        // that none was reported. A missing usage is no usage.
        if (key === "service_tier") top.set(key, value)
        else if (key !== "usage" ? value !== null && value !== "" || !top.has(key) : value !== null) top.set(key, value)
      }
      for (const choice of Json.objects(chunk, "choices")) addChoice(choice)
    },
    body: () =>
      choices.size > 0 && [...choices.values()].every(({ members }) => typeof members.get("finish_reason") === "string")
        ? merged()
        : undefined,
    merged
  }
}
