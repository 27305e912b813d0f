/**
 * What a conversation is known by from turn to turn: the key its caller gave for the provider's prompt cache, or a hash
 * of the prefix that every turn repeats.
 */
import { isString } from "effect/Predicate"
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"
import type { Incoming } from "./Encode.ts"

/** How the formats call a cache that the caller names. */
const explicit = ["prompt_cache_key", "cached_content"]

/** How they call what stands before the conversation. */
const before = ["instructions", "system", "system_instruction", "tools"]

/** So much of a prefix is looked at: characters in all, characters at either end of a text, values, and levels. */
const most = { characters: 8192, end: 256, values: 512, depth: 12 }

/** What the conversation of a request is known by, to its owner; `undefined` where the request has no prefix of its own. */
export const of = ({ surface, value }: Incoming, model: string, owner: string): string | undefined => {
  const { digest, hash } = hasher()
  hash(model)
  for (const name of explicit) {
    const key = Json.string(value, name)
    if (key !== undefined) {
      hash(key)
      return `${owner} ${digest()}`
    }
  }
  const { references, required: { field } } = surface
  // What such a request continues is kept by its provider.
  if (references !== undefined && Json.isGiven(value, references.previous)) return undefined
  for (const name of before) hash(value[name])
  for (const element of beginning(value, field)) hash(element)
  return `${owner} ${digest()}`
}

/** A conversation up to and with what its user said first. */
const beginning = (value: JsonObject, field: string): ReadonlyArray<Json.Json> => {
  const elements = Json.array(value, field)
  if (elements === undefined) return [value[field] ?? null]
  const first = elements.findIndex((element) => Json.isObject(element) && Json.string(element, "role") === "user")
  return elements.slice(0, first === -1 ? 1 : Math.min(first + 1, most.depth))
}

/** How long a request is, in characters. */
export const lengthOf = ({ text, value }: Incoming): number => text?.length ?? JSON.stringify(value).length

/**
 * Hashes values up to the bounds. Not against whoever wants two conversations to be one: they would both be their own,
 * and all that it could change is what their answers cost.
 */
const hasher = () => {
  let low = 0xdeadbeef
  let high = 0x41c6ce57
  let characters = 0
  let values = 0
  const mix = (code: number): void => {
    low = Math.imul(low ^ code, 2654435761)
    high = Math.imul(high ^ code, 1597334677)
  }
  const mixText = (text: string): void => {
    mix(text.length)
    if (characters >= most.characters) return
    const head = Math.min(text.length, most.end)
    for (let at = 0; at < head; at++) mix(text.charCodeAt(at))
    for (let at = Math.max(head, text.length - most.end); at < text.length; at++) mix(text.charCodeAt(at))
    characters += Math.min(text.length, 2 * most.end)
  }
  const walk = (value: Json.Json | undefined, depth: number): void => {
    values++
    if (values > most.values || depth > most.depth) return
    if (isString(value)) mixText(value)
    else if (Json.isArray(value)) {
      mix(value.length)
      for (const element of value) {
        if (values > most.values) return
        walk(element, depth + 1)
      }
    } else if (Json.isObject(value)) {
      for (const name of Object.keys(value)) {
        if (values > most.values) return
        mixText(name)
        walk(value[name], depth + 1)
      }
    } else mixText(String(value))
  }
  const digest = (): string => {
    const one = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
    const other = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
    return (one >>> 0).toString(36) + (other >>> 0).toString(36)
  }
  return { hash: (value: Json.Json | undefined): void => walk(value, 0), digest }
}
