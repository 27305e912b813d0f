/** Saying no to what a target cannot express. */
import * as Result from "effect/Result"
import type { JsonObject } from "../../internal/Json.ts"
import type { Translated } from "../Dialect.ts"

/** Whether a request has the member, and not as null. */
export const isGiven = (request: JsonObject, field: string): boolean =>
  Object.hasOwn(request, field) && request[field] !== null

/** `why` completes the sentence that begins with the field's name. */
export const refuse = (field: string, why: string): Translated<never> =>
  Result.fail({ field, message: `\`${field}\` ${why}.` })
