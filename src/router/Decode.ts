/** The check of a request of any surface: the verdict of the official SDK, with everything that is wrong at once. */
import * as Arr from "effect/Array"
import { memoize } from "effect/Function"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaParser from "effect/SchemaParser"
import { routes as contractRoutes } from "../catalog/Routes.ts"
import type { Dialect } from "../Dialect.ts"
import { type FlexInferenceError, internal, invalidRequest } from "../FlexInferenceError.ts"
import type { Registry } from "../Provider.ts"
import { checked, list, present, providerChain, type RequestFields, rest } from "../RequestFields.ts"
import * as StartWithin from "../StartWithin.ts"
import { getOwn, isObject } from "../wire/Json.ts"
import * as RequestProblems from "./RequestProblems.ts"

/** What can be decided for requests that leave it open, and who can be asked. */
export interface Options {
  /** Fills in for a request without `start_within`; a value in the request always wins. */
  readonly defaultStartWithin?: StartWithin.StartWithin | undefined
  /** The providers that a chain may name beside the contract's routes. */
  readonly providers?: Registry | undefined
}

const decoder = (provider: typeof checked.provider, { field, kind }: Dialect["required"]) =>
  SchemaParser.decodeUnknownResult(
    Schema.StructWithRest(Schema.Struct({ ...checked, provider, [field]: conversations[kind]() }), rest),
    { errors: "all" }
  )

const conversations = { present, array: list }

// A registry is made once for all requests.
const decodersFor = memoize((providers: Registry) => {
  const routes = Arr.dedupe([...contractRoutes, ...providers.keys()])
  const chain = Schema.optionalKey(providerChain(routes))
  return { routes, of: memoize((required: Dialect["required"]) => decoder(chain, required)) }
})

const nobody: Registry = new Map()

/**
 * What the router has to know of a request of this surface, or one error that lists everything wrong with it, in the
 * order in which the official SDK checks.
 *
 * **Example** (everything that is wrong, at once)
 *
 * ```ts
 * import { Result } from "effect"
 * import { Router } from "effect-flexinference"
 *
 * const responses = { name: "responses", required: { field: "input", kind: "present" } } as const
 * const checked = Router.validate(responses, { model: "", start_within: "5m" })
 *
 * if (Result.isFailure(checked) && checked.failure.reason._tag === "InvalidRequest") {
 *   checked.failure.reason.problems.map((problem) => problem.field) // ["model", "start_within", "input"]
 * }
 * ```
 *
 * @since 0.1.0
 * @category validation
 */
export const validate = (
  surface: Pick<Dialect, "name" | "required">,
  body: unknown,
  options?: Options
): Result.Result<RequestFields, FlexInferenceError> => {
  if (!isObject(body)) return Result.fail(invalidRequest([RequestProblems.noObject(body)]))
  const defaulted = options?.defaultStartWithin !== undefined && getOwn(body, "start_within") === undefined
  const filled = defaulted ? { ...body, start_within: options.defaultStartWithin } : body
  const decoders = decodersFor(options?.providers ?? nobody)
  const decoded = decoders.of(surface.required)(RequestProblems.bounded(filled))
  if (Result.isFailure(decoded)) {
    const found = RequestProblems.problems(decoded.failure, filled, decoders.routes)
    return Result.fail(Arr.isReadonlyArrayNonEmpty(found) ? invalidRequest(found) : internal(decoded.failure))
  }
  const { include_cost, model, provider, retry, start_within } = decoded.success
  return Result.succeed({
    model,
    startWithin: Result.getOrThrow(StartWithin.parse(start_within)),
    ...(defaulted ? { defaulted } : {}),
    ...(retry === undefined
      ? {}
      : { retry: { count: retry.count, backoff: retry.backoff ?? "exponential", jitter: retry.jitter ?? true } }),
    ...(provider === undefined ? {} : { provider }),
    includeCost: include_cost ?? false,
    stream: Boolean(getOwn(body, "stream"))
  })
}
