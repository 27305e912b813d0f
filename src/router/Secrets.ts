/**
 * Cuts keys out of what a provider said, before anything is read from it: a provider, or whatever stands before it, may
 * quote the key it was called with, and what is quoted reaches callers and logs. An answer is passed on as it is; this
 * is for failures, and for headers.
 */
import { isString } from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type { Registry } from "../Provider.ts"
import type { Headers } from "../Transport.ts"
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"
import * as Passage from "./Passage.ts"

export interface Secrets {
  readonly text: (text: string) => string
  /** An object without the secrets, as plain JSON: a number no double holds, and what is nested too deep, is null. */
  readonly object: (value: JsonObject) => JsonObject
  readonly headers: (headers: Headers) => Headers
}

/** What is left in a secret's place. */
const mark = "[redacted]"

/** What is shorter opens nothing, and stands in ordinary words. */
const shortest = 8

/** Deeper than any provider's failure, and shallower than what overflows a stack. */
const maxDepth = 100

const isAscii = (text: string): boolean => /^[ -~]*$/.test(text)

const escaped = (text: string): string =>
  text.replaceAll(/[^\w]/g, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)

/** Cuts these secrets, as they are and as an address holds them, in any case. */
export const make = (secrets: ReadonlyArray<string>): Secrets => {
  const plain = secrets.map((secret) => secret.trim()).filter((secret) => secret.length >= shortest)
  const forms = new Set([...plain, ...plain.filter(isAscii).map(encodeURIComponent)])
  // The longest first: one secret may begin with another.
  const longestFirst = [...forms].toSorted((one, other) => other.length - one.length)
  const pattern = forms.size === 0 ? undefined : new RegExp(longestFirst.map(escaped).join("|"), "giu")
  const atLeast = longestFirst.at(-1)?.length ?? Number.POSITIVE_INFINITY

  const text = (text: string): string =>
    pattern === undefined || text.length < atLeast ? text : text.replaceAll(pattern, mark)

  const members = (value: JsonObject, depth: number): JsonObject =>
    Object.fromEntries(Object.entries(value).map(([name, member]) => [text(name), cut(member, depth + 1)]))

  const cut = (value: Json.Json | undefined, depth: number): Json.Json => {
    if (isString(value)) return text(value)
    if (typeof value === "number") return Number.isFinite(value) ? value : null
    if (typeof value !== "object" || value === null) return value ?? null
    if (depth > maxDepth) return null
    if (Json.isArray(value)) return value.map((element) => cut(element, depth + 1))
    return Json.isObject(value) ? members(value, depth) : null
  }

  return {
    text,
    object: (value) => members(value, 0),
    headers: (headers) => {
      let changed: { [name: string]: string | undefined } | undefined
      for (const name in headers) {
        const value = headers[name]
        if (value === undefined || value.length < atLeast) continue
        const without = text(value)
        if (without !== value) (changed ??= { ...headers })[name] = without
      }
      return changed ?? headers
    }
  }
}

/** The keys of all providers that can be called, and what else their calls carry that opens something. */
export const ofProviders = (providers: Registry): ReadonlyArray<string> =>
  Array.from(providers.values())
    .flatMap(({ connection }) => connection === undefined ? [] : [[connection], connection.others ?? []])
    .flat()
    .flatMap(({ apiKey, headers = {} }) =>
      [Redacted.value(apiKey)].concat(
        Object.keys(headers)
          .filter((name) => Passage.isSecret(name.toLowerCase()))
          .map((name) => headers[name]?.replace(/^(?:bearer|basic) +/i, "") ?? "")
      )
    )
