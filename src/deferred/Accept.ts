/** Whether a request can be deferred, and what is stored of it. */
import * as Arr from "effect/Array"
import * as Result from "effect/Result"
import * as CompleteWithin from "../CompleteWithin.ts"
import { type FlexInferenceError, invalidRequest, type Problem } from "../FlexInferenceError.ts"
import type { Router } from "../Router.ts"
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"
import * as JsonMembers from "../wire/JsonMembers.ts"
import * as JsonSource from "../wire/JsonSource.ts"
import * as Carry from "./Carry.ts"
import type { DeferredRequest } from "./Request.ts"

/** Says only how a request is carried. */
const ours = ["complete_within", "background", "stream", "store"]

/** A request as it is stored, or everything that keeps it from being carried out. */
export const accept = (
  router: Router["Service"],
  given: string | object,
  now: number
): Result.Result<Omit<DeferredRequest, "id" | "owner" | "key" | "createdAt">, FlexInferenceError> => {
  const text = typeof given === "string" ? given : JsonSource.stringify(Object.fromEntries(Object.entries(given)))
  const value = Json.parseObject(text)
  if (value === undefined) return Result.fail(invalidRequest([notAnObject]))
  const request = JsonMembers.edit(text, { remove: ours })
  const deadline = CompleteWithin.deadline(value["complete_within"], now)
  const problems = problemsOf(value, deadline)
  if (Arr.isReadonlyArrayNonEmpty(problems)) return Result.fail(invalidRequest(problems))
  if (Result.isFailure(deadline)) return Result.fail(invalidRequest([wrong(value, deadline.failure)]))
  return Result.map(Carry.planned(router, request, "default"), () => ({
    request,
    deadline: deadline.success,
    status: "queued" as const,
    attempts: [],
    notBefore: {},
    answer: null,
    failure: null,
    endedAt: null,
    costMicroUsd: null,
    savingMicroUsd: null,
    step: 0,
    version: 0
  }))
}

const rule =
  "It says by when the answer has to be there: a duration \"HHh-MMm-SSs\", hours of two or three digits, beyond " +
  "00h-10m-00s up to 168h-00m-00s, or an RFC 3339 instant that far ahead."
const example = "\"complete_within\": \"02h-00m-00s\""

const problem = (field: string, code: string, wrong: string, rule: string, example: string): Problem => ({
  field,
  code,
  rule,
  example,
  message: `\`${field}\` ${wrong}. ${rule} For example: ${example}.`
})

const notAnObject: Problem = {
  field: "",
  code: "invalid_body",
  message: "A request is one JSON object.",
  rule: "A request is one JSON object.",
  example: "{ \"model\": \"gpt-5.5\", \"input\": \"Hello\", \"complete_within\": \"02h-00m-00s\" }"
}

const flaws: { readonly [flaw in CompleteWithin.Flaw]: string } = {
  type: "is not a string",
  malformed: "is neither a duration nor an instant",
  range: "is outside the limits"
}

const wrong = (value: JsonObject, flaw: CompleteWithin.Flaw): Problem =>
  value["complete_within"] === undefined
    ? problem("complete_within", "missing_complete_within", "is missing", rule, example)
    : problem("complete_within", "invalid_complete_within", flaws[flaw], rule, example)

const problemsOf = (
  value: JsonObject,
  deadline: Result.Result<number, CompleteWithin.Flaw>
): ReadonlyArray<Problem> => [
  ...(Result.isFailure(deadline) ? [wrong(value, deadline.failure)] : []),
  ...(value["start_within"] === undefined ? [] : [problem(
    "start_within",
    "invalid_start_within",
    "cannot stand beside complete_within",
    "A request has either a time by which it starts or one by which it is done.",
    example
  )]),
  ...(value["stream"] === true
    ? [
      problem(
        "stream",
        "invalid_stream",
        "is not offered here",
        "A deferred answer is asked for by its id.",
        "\"stream\": false"
      )
    ]
    : []),
  ...(value["store"] === false
    ? [problem(
      "store",
      "invalid_store",
      "is false",
      "A deferred answer has to be kept until it is fetched; DELETE /v1/responses/{id} removes it then.",
      "\"store\": true"
    )]
    : [])
]

/** What is said of a request that its asker does not have, whosever it is. */
export const notFound = (id: string): FlexInferenceError =>
  invalidRequest([{
    field: "response_id",
    code: "response_not_found",
    message: `There is no response ${JSON.stringify(id.slice(0, 100))} here: it is unknown, too old, or was deleted.`,
    rule: "A response is asked for by the id that was given for it, under the key that it was made with.",
    example: "GET /v1/responses/resp_flexinference_…"
  }], 404)
