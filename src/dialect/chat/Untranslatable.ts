/** What the request translation refuses, and how it picks what passes. */
import * as Result from "effect/Result"
import type { Json, JsonObject } from "../../wire/Json.ts"
import type { Untranslatable } from "../../Dialect.ts"

/** A refusal of `field`; the rest of the sentence says why and what to do. */
export const refuse = (field: string, rest: string): Result.Result<never, Untranslatable> =>
  Result.fail({ field, message: `\`${field}\` ${rest}` })

/** The named members that are there and not null: null is how callers say "not set". */
export const present = (request: JsonObject, keys: ReadonlyArray<string>): { readonly [key: string]: Json } => {
  const out = new Map<string, Json>()
  for (const key of keys) {
    const value = Object.hasOwn(request, key) ? request[key] : undefined
    if (value !== undefined && value !== null) out.set(key, value)
  }
  return Object.fromEntries(out)
}
