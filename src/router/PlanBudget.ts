/** How long the caller can wait: until the deadline that encloses the program, or the one that came with the request. */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Deadline from "../Deadline.ts"
import { type FlexInferenceError, invalidRequest } from "../FlexInferenceError.ts"
import type { PlanContext } from "../Routing.ts"
import type { Caller } from "./Passage.ts"

export const header = "x-flexinference-deadline"

/** What the planning of a request has to know of its deadline. */
export type PlanBudget = Pick<PlanContext, "left" | "reserve">

const unlimited: Result.Result<PlanBudget> = Result.succeed({})

/** The budget at a moment in Unix milliseconds; a header that is no instant is the caller's fault. */
export const make = (
  enclosing: number | undefined,
  headers: Caller["headers"] | undefined,
  reserve: Duration.Input | undefined,
  now: number
): Result.Result<PlanBudget, FlexInferenceError> => {
  const said = headers?.[header]
  if (said === undefined && enclosing === undefined) return unlimited
  const instant = said === undefined ? undefined : Option.getOrUndefined(Deadline.parse(said))
  if (said !== undefined && instant === undefined) return Result.fail(noInstant)
  const deadline = Deadline.sooner(enclosing, instant)
  if (deadline === undefined || !Number.isFinite(deadline)) return unlimited
  return Result.succeed({
    left: Duration.millis(Math.max(0, deadline - now)),
    reserve: reserve === undefined ? undefined : Duration.fromInputUnsafe(reserve)
  })
}

const rule = "It is an instant as RFC 3339 writes it, with its offset."
const example = `${header}: 2027-01-15T12:00:30Z`

const noInstant = invalidRequest([{
  field: header,
  code: "invalid_deadline",
  message: `The header ${header} is no instant. ${rule} For example: ${example}.`,
  rule,
  example
}])
