/**
 * The request fields that belong to the router, and the check of a request of any surface.
 *
 * A request is judged by the router's own fields, its model and the presence of the conversation; everything else
 * belongs to the provider and passes unseen. The verdict is that of the official SDK (contract (e) and (g)), except
 * that a `service_tier` is refused here instead of by the hosted router.
 *
 * **Example** (everything that is wrong, at once)
 *
 * ```ts
 * import { Result } from "effect"
 * import { RouterFields } from "effect-flexinference"
 *
 * const responses = { name: "responses", required: { field: "input", kind: "present" } } as const
 * const checked = RouterFields.validate(responses, { model: "", start_within: "5m" })
 *
 * if (Result.isFailure(checked) && checked.failure.reason._tag === "InvalidRequest") {
 *   checked.failure.reason.problems.map((problem) => problem.field) // ["model", "start_within", "input"]
 * }
 * ```
 */
import * as Arr from "effect/Array"
import type * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaParser from "effect/SchemaParser"
import type { Dialect } from "./dialect/Dialect.ts"
import { type FlexInferenceError, internal, invalidRequest, type Problem } from "./FlexInferenceError.ts"
import * as StartWithin from "./StartWithin.ts"

/** The routes a provider chain may name (contract (b)). */
export const ProviderRoute = Schema.Literals([
  "google",
  "openai",
  "anthropic",
  "vertex",
  "bedrock",
  "cloudflare",
  "foundry"
])
export type ProviderRoute = typeof ProviderRoute.Type

/** The routes to try, in order: one to three, none twice. */
export type ProviderChain = Arr.NonEmptyReadonlyArray<ProviderRoute>

/** Schema of a provider chain. */
export const ProviderChain: Schema.Codec<ProviderChain> = Schema.NonEmptyArray(ProviderRoute).check(
  Schema.isMaxLength(3),
  Schema.makeFilter((chain) =>
    chain.flatMap((route, index) => chain.indexOf(route) < index ? [{ path: [index], issue: "a repeated route" }] : [])
  )
)

/** How a failed call to the settled tier is repeated before the answer has begun, as a request asks for it. */
export interface RetryField {
  /** How often the call is repeated at most: 1 to 5. */
  readonly count: number
  /** How the waiting time grows; exponential by default. */
  readonly backoff?: "exponential" | "linear" | undefined
  /** Whether each waiting time is shortened by a random part; true by default. */
  readonly jitter?: boolean | undefined
}

const subKeys: ReadonlySet<string> = new Set(["count", "backoff", "jitter"])

/** Schema of `retry`: a sub-key it does not know is refused. */
export const RetryField: Schema.Codec<RetryField> = Schema.StructWithRest(
  Schema.Struct({
    count: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5 })),
    backoff: Schema.optional(Schema.Literals(["exponential", "linear"])),
    jitter: Schema.optional(Schema.Boolean)
  }),
  [Schema.Record(
    Schema.String.check(Schema.makeFilter((key) => !subKeys.has(key))),
    Schema.Never.annotate({ message: "an unknown member of retry" })
  )]
)

/**
 * A member that is the provider's to judge: typed for whoever writes the request, taken as it is at run time, so
 * that what a vendor adds tomorrow passes today.
 */
export const vendor = <A>() => Schema.optional(Schema.declare((_value): _value is A => true))

/** A conversation that has to be there, whatever it is. */
export const present = <A>(): Schema.declare<A> => Schema.declare((value): value is A => value !== undefined)

/** A conversation that has to be a list, whatever is in it. */
export const list = <A>(): Schema.declare<ReadonlyArray<A>> =>
  Schema.declare((value): value is ReadonlyArray<A> => Array.isArray(value))

// In the order in which the official SDK checks them: the first problem gives the error its code.
const checked = {
  /** The model to ask; its name decides the provider. */
  model: Schema.NonEmptyString,
  /** A tier, or how long flex may take to start generating before the standard tier is asked too. */
  start_within: StartWithin.StartWithin,
  /** How a failed call is repeated; off by default. */
  retry: Schema.optionalKey(RetryField),
  /** The routes to try, in order; the model's native route by default. */
  provider: Schema.optionalKey(ProviderChain),
  /** Whether a stream reports its cost and routing on the usage it sends anyway; false by default. */
  include_cost: Schema.optional(Schema.Boolean),
  /** Not allowed: the router sets it from `start_within`. */
  service_tier: Schema.optional(Schema.Never.annotate({ message: "the router sets the tier from start_within" }))
}

// Switches of the hosted contract, which the official SDK does not check.
const hosted = {
  /** False turns off automatic prompt caching (Claude, direct route); true by default. */
  cache: vendor<boolean>(),
  /** Hosted router, managed keys only: mask personal data before the provider sees it. */
  pii_mask: vendor<boolean>(),
  /** Hosted router, managed keys only: have the prompt moderated first. */
  moderate: vendor<boolean>(),
  /** Hosted router, managed keys only: keep the content of the exchange. */
  trace_storage: vendor<boolean>()
}

const rest = [Schema.Record(Schema.String, Schema.Unknown)] as const

/** The schema of a surface's request: the router's fields, the given ones, and every other untouched. */
export const request = <const Fields extends Schema.Struct.Fields>(fields: Fields) =>
  Schema.StructWithRest(Schema.Struct({ ...checked, ...fields, ...hosted }), rest)

/** What the router adds to the usage of an answer (contract (b) and (i)). */
export interface UsageAdditions {
  /** The list price of what was served; absent where no price is known. */
  readonly cost?: { readonly total_micro_usd: number; readonly currency: string }
  /** How the request was served. */
  readonly routing?: {
    readonly provider: string
    /** The route asked for first. */
    readonly requested_provider: string
    /** The tier that served, in the provider's word. */
    readonly tier: string
    /** Why this route was taken; the set is open. */
    readonly reason: string
    /** Routes tried before the one that served. */
    readonly fallback_attempts: number
    readonly mode: string
  }
}

/**
 * A member of a vendor's union that is known by its `type` alone. Two shapes, because a literal may hold any member
 * only where there is an index signature, and a vendor's interface fits only where there is none.
 */
export type Named<Type extends string> =
  | { readonly type: Type }
  | { readonly type: Type; readonly [member: string]: unknown }

/** The members that the router reads and takes out before it calls a provider; a `service_tier` is refused. */
export const owned = [
  "start_within",
  "provider",
  "retry",
  "include_cost",
  "cache",
  "pii_mask",
  "moderate",
  "trace_storage"
] as const

/** A request's `retry` with its defaults filled in (contract (b)). */
export interface Retry {
  readonly count: number
  readonly backoff: "exponential" | "linear"
  readonly jitter: boolean
}

/** What the router has read from a request. */
export interface RouterFields {
  readonly model: string
  /** The tier by name, or the window of a race. */
  readonly startWithin: StartWithin.NamedTier | Duration.Duration
  readonly retry?: Retry
  readonly provider?: ProviderChain
  readonly includeCost: boolean
  /** Whether the caller reads a stream: any truthy `stream`, as the official SDK takes it. */
  readonly stream: boolean
}

/** What can be decided for requests that leave it open. */
export interface Options {
  /** Fills in for a request without `start_within`; a value in the request always wins. */
  readonly defaultStartWithin?: StartWithin.StartWithin | undefined
}

const decoder = (field: "input" | "messages", conversation: Schema.declare<unknown>) =>
  SchemaParser.decodeUnknownResult(Schema.StructWithRest(Schema.Struct({ ...checked, [field]: conversation }), rest), {
    errors: "all"
  })

const decoders = {
  input: { present: decoder("input", present()), array: decoder("input", list()) },
  messages: { present: decoder("messages", present()), array: decoder("messages", list()) }
}

/**
 * What the router has to know of a request of this surface, or one error that lists everything wrong with it, in the
 * order in which the official SDK checks.
 */
export const validate = (
  surface: Pick<Dialect, "name" | "required">,
  body: unknown,
  options?: Options
): Result.Result<RouterFields, FlexInferenceError> => {
  if (!isObject(body)) return Result.fail(invalidRequest([problem("", body, invalidBody)]))
  const filled = options?.defaultStartWithin !== undefined && own(body, "start_within") === undefined
    ? { ...body, start_within: options.defaultStartWithin }
    : body
  const decoded = decoders[surface.required.field][surface.required.kind](filled)
  if (Result.isFailure(decoded)) {
    const found = problems(decoded.failure, filled)
    return Result.fail(Arr.isReadonlyArrayNonEmpty(found) ? invalidRequest(found) : internal(decoded.failure))
  }
  const { include_cost, model, provider, retry, start_within } = decoded.success
  return Result.succeed({
    model,
    startWithin: Result.getOrThrow(StartWithin.parse(start_within)),
    ...(retry === undefined
      ? {}
      : { retry: { count: retry.count, backoff: retry.backoff ?? "exponential", jitter: retry.jitter ?? true } }),
    ...(provider === undefined ? {} : { provider }),
    includeCost: include_cost ?? false,
    stream: Boolean(own(body, "stream"))
  })
}

type Members = { readonly [key: string]: unknown }

const isObject = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const own = (value: Members, key: string): unknown => Object.hasOwn(value, key) ? value[key] : undefined

/** What the problem of a field says. */
interface Rule {
  readonly code: string
  /** The code where the field is absent, if another. */
  readonly missing?: string
  readonly rule: string
  /** JSON that keeps the rule. */
  readonly example: string | ((value: unknown) => string)
  /** What is wrong with the value, where showing it does not say it. */
  readonly wrong?: (value: unknown) => string
}

/** A short scalar as JSON, or the kind of anything else. */
const shown = (value: unknown): string => {
  if (value === undefined) return "missing"
  if (value === null) return "null"
  if (Array.isArray(value)) return value.length === 0 ? "an empty array" : "an array"
  if (typeof value === "object") return "an object"
  if (typeof value !== "string") return String(value)
  return value === "" ? "empty" : JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
}

const invalidBody: Rule = {
  code: "invalid_body",
  rule: "A request is one JSON object.",
  example: "{ \"model\": \"gpt-5.5\", \"start_within\": \"00h-00m-30s\", \"input\": \"Hello\" }",
  // The text of a body may be a prompt.
  wrong: (body) =>
    `The request's body is ${body === undefined ? "not JSON" : typeof body === "string" ? "a string" : shown(body)}`
}

// What to write instead of the service tier a caller is used to.
const startWithinOf: ReadonlyMap<unknown, string> = new Map([
  ["flex", "00h-00m-30s"],
  ["priority", "priority"],
  ["auto", "auto"]
])

// As in the official SDK, a key that is there with no value is not an absent key.
const presentBut = (value: unknown): string => `is ${value === undefined ? "undefined" : shown(value)}`

const retry = {
  code: "invalid_retry",
  example: "\"retry\": { \"count\": 2, \"backoff\": \"linear\", \"jitter\": false }"
}

const chain: Rule = {
  code: "invalid_provider_chain",
  rule: `A provider chain is an array of one to three different names of ${
    ProviderRoute.literals.join(", ")
  }; leave it out to ask the model's own provider.`,
  example: "\"provider\": [\"openai\"]",
  wrong: (value) => Array.isArray(value) && value.length > 3 ? `lists ${value.length} names` : presentBut(value)
}

const isRoute = Schema.is(ProviderRoute)

const rules: { readonly [field: string]: Rule } = {
  model: { code: "missing_model", rule: "It is the name of a model.", example: "\"model\": \"gpt-5.5\"" },
  start_within: {
    code: "invalid_start_within",
    missing: "missing_start_within",
    rule:
      "It is \"default\", \"priority\", \"auto\", or how long flex may take to start: a duration \"HHh-MMm-SSs\", two " +
      "digits each, from 00h-00m-05s to 00h-10m-00s.",
    example: "\"start_within\": \"00h-00m-30s\"",
    wrong: (value) => {
      const parsed = StartWithin.parse(value)
      return `is ${shown(value)}${
        Result.isSuccess(parsed) || parsed.failure === "type"
          ? ""
          : parsed.failure === "range"
          ? ", which is outside the limits"
          : ", which is neither a tier nor a duration"
      }`
    }
  },
  retry: {
    ...retry,
    rule: "It is an object { count, backoff?, jitter? }; leave it out for no retries.",
    wrong: presentBut
  },
  "retry.count": { ...retry, rule: "It is required, a whole number from 1 to 5." },
  "retry.backoff": { ...retry, rule: "It is \"exponential\" or \"linear\"; without it, exponential." },
  "retry.jitter": { ...retry, rule: "It is true or false; without it, true." },
  "retry.*": { ...retry, rule: "The members of `retry` are count, backoff and jitter.", wrong: () => "is not known" },
  provider: chain,
  "provider.*": { ...chain, wrong: (value) => isRoute(value) ? `repeats ${shown(value)}` : presentBut(value) },
  include_cost: {
    code: "invalid_include_cost",
    rule: "It is true or false; without it, false.",
    example: "\"include_cost\": true"
  },
  service_tier: {
    code: "service_tier_not_allowed",
    rule: "The router sets it from `start_within`, so leave it out.",
    example: (value) => `"start_within": "${startWithinOf.get(value) ?? "default"}"`,
    wrong: () => "is not allowed"
  },
  input: { code: "missing_input", rule: "It is what the model is to answer.", example: "\"input\": \"Hello\"" },
  messages: {
    code: "invalid_messages",
    missing: "missing_messages",
    rule: "It is the conversation, an array of messages.",
    example: "\"messages\": [{ \"role\": \"user\", \"content\": \"Hello\" }]",
    // Whatever stands here may be a prompt.
    wrong: (value) => `is ${typeof value === "string" ? "a string" : shown(value)}`
  }
}

const problem = (field: string, value: unknown, rule: Rule): Problem => {
  const wrong = rule.wrong?.(value) ?? `is ${shown(value)}`
  const example = typeof rule.example === "string" ? rule.example : rule.example(value)
  return {
    field,
    code: value === undefined ? rule.missing ?? rule.code : rule.code,
    message: `${field === "" ? wrong : `\`${field}\` ${wrong}`}. ${rule.rule} For example: ${example}.`,
    rule: rule.rule,
    example
  }
}

/** Where in the request a problem lies, and the rule that holds there. */
const locate = (path: ReadonlyArray<string>, body: Members): Problem => {
  const [field = "", key] = path
  const value = own(body, field)
  // An empty chain lacks its first element; what is wrong is the chain.
  const inner = key === undefined || (Array.isArray(value) && value.length === 0) ? undefined : key
  if (inner === undefined) return problem(field, value, rules[field] ?? invalidBody)
  return problem(
    Array.isArray(value) ? `${field}[${inner}]` : `${field}.${inner}`,
    isObject(value) || Array.isArray(value) ? own({ ...value }, inner) : undefined,
    rules[`${field}.${inner}`] ?? rules[`${field}.*`] ?? invalidBody
  )
}

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** One problem for every place the schema complains about, in the schema's order. */
const problems = (issue: SchemaIssue.Issue, body: Members): ReadonlyArray<Problem> =>
  Arr.dedupeWith(
    format(issue).issues.map(({ path = [] }) => locate(path.map(String), body)),
    (self, that) => self.field === that.field
  )
