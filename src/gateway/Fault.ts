/** What a cause means to a caller: an error as it is, a fault of ours as one that says no more than that. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { type FlexInferenceError, internal } from "../FlexInferenceError.ts"

/** The error of a cause. A fault is logged for the operator; an interruption stays one. */
export const errorOf = (cause: Cause.Cause<FlexInferenceError>): Effect.Effect<FlexInferenceError> =>
  Result.match(Cause.findError(cause), {
    onSuccess: (error) =>
      error.reason._tag === "Internal" ? logged(error, Cause.die(error.reason.cause)) : Effect.succeed(error),
    onFailure: (cause) =>
      Cause.hasInterruptsOnly(cause) ? Effect.failCause(cause) : logged(internal(Cause.squash(cause)), cause)
  })

// As text: a logger that walks the cause could walk into a request and its key.
const logged = (error: FlexInferenceError, cause: Cause.Cause<never>): Effect.Effect<FlexInferenceError> =>
  Effect.as(Effect.logError("The gateway met an internal fault.", Cause.pretty(cause)), error)
