/** Saying no to what a target cannot express. */
import * as Result from "effect/Result"
import type { Translated } from "../../Dialect.ts"

/** `why` completes the sentence that begins with the field's name. */
export const refuse = (field: string, why: string): Translated<never> =>
  Result.fail({ field, message: `\`${field}\` ${why}.` })
