/**
 * What is wrong with a request, in words: for every place the schema complains about, the rule that holds there and a
 * value that keeps it. No part of a prompt is ever quoted.
 */
import * as Arr from "effect/Array"
import { isString } from "effect/Predicate"
import * as Result from "effect/Result"
import * as SchemaIssue from "effect/SchemaIssue"
import type { Problem } from "../FlexInferenceError.ts"
import { retryMembers } from "../RequestFields.ts"
import * as StartWithin from "../StartWithin.ts"
import * as Json from "../wire/Json.ts"
import { getOwn, isObject, type JsonObject } from "../wire/Json.ts"

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

/** The value that a text in another notation, or a tier by its other name, was probably meant as. */
const meant = (value: unknown): string | undefined => {
  if (typeof value !== "string" || value.length > maxName) return undefined
  const text = value.toLowerCase().replaceAll(/\s/g, "")
  if (text === "standard") return "default"
  return text === "flex" ? undefined : Result.getOrUndefined(StartWithin.read(text))
}

// As in the official SDK, a key that is there with no value is not an absent key.
const presentBut = (value: unknown): string => `is ${value === undefined ? "undefined" : shown(value)}`

const retry = {
  code: "invalid_retry",
  example: "\"retry\": { \"count\": 2, \"backoff\": \"linear\", \"jitter\": false }"
}

const retryMember = {
  ...retry,
  rule: "The members of `retry` are count, backoff and jitter.",
  wrong: () => "is not known"
}

const chain = (routes: ReadonlyArray<string>): Rule => ({
  code: "invalid_provider_chain",
  rule: `A provider chain is an array of one to three different names of ${
    routes.join(", ")
  }; leave it out to ask the model's own provider.`,
  example: `"provider": ["${routes[0] ?? ""}"]`,
  wrong: (value) => Array.isArray(value) && value.length > 3 ? `lists ${value.length} names` : presentBut(value)
})

const chainElement = (routes: ReadonlyArray<string>): Rule => ({
  ...chain(routes),
  wrong: (value) => isString(value) && routes.includes(value) ? `repeats ${shown(value)}` : presentBut(value)
})

// Whatever stands in a conversation's place may be a prompt.
const unquoted = (value: unknown): string => `is ${typeof value === "string" ? "a string" : shown(value)}`

const rules: { readonly [field: string]: Rule } = {
  model: { code: "missing_model", rule: "It is the name of a model.", example: "\"model\": \"gpt-5.5\"" },
  start_within: {
    code: "invalid_start_within",
    missing: "missing_start_within",
    rule:
      "It is \"default\", \"priority\", \"auto\", or how long flex may take to start: a duration \"HHh-MMm-SSs\", two " +
      "digits each, from 00h-00m-05s to 00h-10m-00s.",
    example: (value) => `"start_within": "${meant(value) ?? "00h-00m-30s"}"`,
    wrong: (value) => {
      const parsed = StartWithin.parse(value)
      const probably = meant(value)
      return `is ${shown(value)}${
        Result.isSuccess(parsed) || parsed.failure === "type"
          ? ""
          : parsed.failure === "range"
          ? ", which is outside the limits"
          : `, which is neither a tier nor a duration${
            probably === undefined ? "" : `; "${probably}" was probably meant`
          }`
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
  "retry.*": retryMember,
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
    wrong: unquoted
  }
}

/** The rule of a conversation whose format names it in its own way. */
const conversation = (field: string): Rule => ({
  code: `invalid_${field}`,
  missing: `missing_${field}`,
  rule: "It is the conversation.",
  example: `"${field}": …`,
  wrong: unquoted
})

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

const ruleOf = (name: string, routes: ReadonlyArray<string>): Rule | undefined =>
  name === "provider" ? chain(routes) : name === "provider.*" ? chainElement(routes) : rules[name]

/** As many entries of a chain, and members of \`retry\` that it does not know, are looked at. */
const maxLookedAt = 10

/** Names are as long as a caller likes. */
const maxName = 40

/**
 * The request with no more in the router's own fields than is looked at: what is wrong with them is told in full up to
 * here, and counted beyond.
 */
export const bounded = (body: JsonObject): JsonObject => {
  const provider = Json.array(body, "provider")
  const retry = Json.object(body, "retry")
  const unknown = retry === undefined ? [] : unknownIn(retry)
  if ((provider?.length ?? 0) <= maxLookedAt && unknown.length <= maxLookedAt) return body
  return {
    ...body,
    ...(provider === undefined ? {} : { provider: provider.slice(0, maxLookedAt) }),
    ...(retry === undefined ? {} : { retry: Json.pick(retry, [...retryMembers, ...unknown.slice(0, maxLookedAt)]) })
  }
}

const unknownIn = (retry: JsonObject): ReadonlyArray<string> =>
  Object.keys(retry).filter((name) => !retryMembers.has(name))

/** What is not told one by one. */
const untold = (body: JsonObject, routes: ReadonlyArray<string>): ReadonlyArray<Problem> => {
  const retry = Json.object(body, "retry") ?? {}
  const provider = Json.array(body, "provider") ?? []
  const more = unknownIn(retry).length - maxLookedAt
  const wrong = (): string => `has ${more.toLocaleString("en-US")} more members that are not known`
  return [
    ...(more > 0 ? [problem("retry", retry, { ...retryMember, wrong })] : []),
    ...(provider.length > maxLookedAt ? [problem("provider", provider, chain(routes))] : [])
  ]
}

/** Where in the request a problem lies, and the rule that holds there. */
const locate = (path: ReadonlyArray<string>, body: JsonObject, routes: ReadonlyArray<string>): Problem => {
  const [field = "", key] = path
  const value = getOwn(body, field)
  // An empty chain lacks its first element; what is wrong is the chain.
  const inner = key === undefined || (Array.isArray(value) && value.length === 0) ? undefined : key
  if (inner === undefined) return problem(field, value, ruleOf(field, routes) ?? conversation(field))
  return problem(
    Array.isArray(value) ? `${field}[${inner}]` : `${field}.${inner.slice(0, maxName)}`,
    Array.isArray(value) ? value[Number(inner)] : isObject(value) ? getOwn(value, inner) : undefined,
    ruleOf(`${field}.${inner}`, routes) ?? ruleOf(`${field}.*`, routes) ?? invalidBody
  )
}

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** One problem for every place the schema complains about, in the schema's order; `routes` are those a chain may name. */
export const problems = (
  issue: SchemaIssue.Issue,
  body: JsonObject,
  routes: ReadonlyArray<string>
): ReadonlyArray<Problem> =>
  Arr.dedupeWith(
    format(issue).issues.map(({ path = [] }) => locate(path.map(String), body, routes)).concat(untold(body, routes)),
    (self, that) => self.field === that.field
  )

/** The problem of a body that is no object at all. */
export const noObject = (body: unknown): Problem => problem("", body, invalidBody)
