/**
 * Reading foreign JSON without trusting it: every accessor answers `undefined` when the member is absent or of
 * another type, so that what a vendor adds or changes never throws.
 */
import { isString } from "effect/Predicate"
import type * as Schema from "effect/Schema"

/** Any JSON. */
export type Json = Schema.Json
/** A JSON object. */
export type JsonObject = Schema.JsonObject

type Keys<A> = A extends unknown ? keyof A : never
type Value<A, K> = A extends unknown ? K extends keyof A ? A[K] : never : never

/**
 * An object to be written that has the members of `A`, or of one of its shapes, and no others: words are checked, other
 * values may be any JSON. For `satisfies`, so that a misspelt member does not compile.
 */
export type Members<A> = {
  readonly [K in Keys<A> & string]?: [Value<A, K>] extends [string | null | undefined] ? Value<A, K> | undefined
    : Json | undefined
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The value of an object's own member; a foreign object may call one `__proto__`. */
export const getOwn = (value: JsonObject, key: string): Json | undefined =>
  Object.hasOwn(value, key) ? value[key] : undefined

export const string = (value: JsonObject, key: string): string | undefined => {
  const found = getOwn(value, key)
  return isString(found) ? found : undefined
}

export const number = (value: JsonObject, key: string): number | undefined => {
  const found = getOwn(value, key)
  return typeof found === "number" && Number.isFinite(found) ? found : undefined
}

export const boolean = (value: JsonObject, key: string): boolean | undefined => {
  const found = getOwn(value, key)
  return typeof found === "boolean" ? found : undefined
}

export const object = (value: JsonObject, key: string): JsonObject | undefined => {
  const found = getOwn(value, key)
  return isObject(found) ? found : undefined
}

export const array = (value: JsonObject, key: string): ReadonlyArray<Json> | undefined => {
  const found = getOwn(value, key)
  return isArray(found) ? found : undefined
}

/** Whether an object has the member, and not as null, which is how callers say "not set". */
export const isGiven = (value: JsonObject, key: string): boolean => (getOwn(value, key) ?? null) !== null

/** The members of an array that are objects; a foreign array may hold anything. */
export const objects = (value: JsonObject, key: string): ReadonlyArray<JsonObject> =>
  (array(value, key) ?? []).filter(isObject)

export const isArray = (value: unknown): value is ReadonlyArray<Json> => Array.isArray(value)

/** A JSON text's value, or `undefined` where the text is not JSON. */
export const parse = (text: string): Json | undefined => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A JSON text's object, or `undefined` where it holds anything else. */
export const parseObject = (text: string): JsonObject | undefined => {
  const value = parse(text)
  return isObject(value) ? value : undefined
}

/** The object without its `undefined` members, so that "absent" stays absent on the wire. */
export const compact = (members: { readonly [key: string]: Json | undefined }): JsonObject => {
  const out: { [key: string]: Json } = {}
  for (const [key, value] of Object.entries(members)) {
    if (value !== undefined) out[key] = value
  }
  return out
}

/** These members of a value, those that it has. */
export const pick = (value: JsonObject, names: ReadonlyArray<string>): JsonObject =>
  compact(Object.fromEntries(names.map((name) => [name, getOwn(value, name)])))
