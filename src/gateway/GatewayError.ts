/** The errors that only a gateway has: about the path, the method and the body, before the router sees a request. */
import * as Duration from "effect/Duration"
import { CapacityRefused, FlexInferenceError, invalidRequest, Unauthenticated } from "../FlexInferenceError.ts"

const refusal = (
  status: number,
  problem: { readonly code: string; readonly message: string; readonly rule: string; readonly example: string },
  field = ""
): FlexInferenceError => invalidRequest([{ field, ...problem }], status)

export const notFound = (paths: ReadonlyArray<string>): FlexInferenceError => {
  const rule = `The paths are ${paths.join(", ")}.`
  return refusal(404, {
    code: "not_found",
    message:
      `There is nothing at this path. ${rule} Some clients add /v1 to their base URL themselves, others want it in there.`,
    rule,
    example: "POST /v1/responses"
  })
}

export const methodNotAllowed = (path: string, allowed: string): FlexInferenceError => {
  const rule = `${path} takes ${allowed}.`
  return refusal(405, {
    code: "method_not_allowed",
    message: `This method is not one of the path's. ${rule}`,
    rule,
    example: `${allowed} ${path}`
  })
}

export const foreignSite = (header: string): FlexInferenceError =>
  new FlexInferenceError({
    reason: new Unauthenticated({
      status: 403,
      type: "permission_error",
      class: "permission",
      code: "foreign_site",
      message:
        `This gateway has no keys, so it answers its own machine alone, and no page of another site: ${header} ` +
        "names another. Call it as localhost or 127.0.0.1, or give it keys."
    })
  })

/** The metrics were asked for from another machine, and there is no key that would open them. */
export const operatorOnly: FlexInferenceError = new FlexInferenceError({
  reason: new Unauthenticated({
    status: 403,
    type: "permission_error",
    class: "permission",
    code: "operator_only",
    message:
      "This gateway has no operator key, so it shows its metrics to its own machine alone, and to no proxy. Call it " +
      "from there, or start it with FLEXINFERENCE_OPERATOR_KEY."
  })
})

export const noOperator: FlexInferenceError = new FlexInferenceError({
  reason: new Unauthenticated({
    code: "invalid_operator_key",
    message:
      "The request does not carry the operator's key. Send it as `Authorization: Bearer <key>`, or as the password of " +
      "HTTP Basic."
  })
})

export const noUpgrade = (path: string): FlexInferenceError => {
  const rule = `${path} takes POST over HTTP.`
  return refusal(426, {
    code: "upgrade_not_offered",
    message: `The gateway speaks HTTP and no other protocol here. ${rule}`,
    rule,
    example: `POST ${path}`
  })
}

export const unsupportedMediaType = (what: string): FlexInferenceError => {
  const rule = "A body is JSON, neither compressed nor wrapped."
  return refusal(400, {
    code: "unsupported_media_type",
    message: `The request's ${what} cannot be read. ${rule} Send it with content-type: application/json.`,
    rule,
    example: "content-type: application/json"
  })
}

export const tooLarge = (limit: number): FlexInferenceError => {
  const rule = `A body has at most ${limit.toLocaleString("en-US")} bytes.`
  return refusal(413, {
    code: "request_too_large",
    message: `The request's body is too large. ${rule} Shorten the input, or refer to files by URL.`,
    rule,
    example: "a smaller body"
  })
}

export const tooManyBytes: FlexInferenceError = new FlexInferenceError({
  reason: new CapacityRefused({
    origin: "flexinference",
    status: 503,
    type: "server_error",
    code: "gateway_busy",
    message: "The gateway holds as many bytes of other requests as it may. Nothing was sent; try again in a moment.",
    retryAfter: Duration.seconds(1)
  })
})

export const draining: FlexInferenceError = new FlexInferenceError({
  reason: new CapacityRefused({
    origin: "flexinference",
    status: 503,
    type: "server_error",
    code: "gateway_draining",
    message: "The gateway is about to end, and the answer did not come to its end before. Send the request again.",
    retryAfter: Duration.seconds(1)
  })
})

export const unreadableBody: FlexInferenceError = refusal(400, {
  code: "invalid_body",
  message: "The request's body broke off before its end. Send it again, whole.",
  rule: "A body is as long as it says.",
  example: "a whole body"
})

export const tooDeep = (limit: number): FlexInferenceError => {
  const rule = `Arrays and objects are nested at most ${limit} deep.`
  return refusal(400, {
    code: "invalid_body",
    message: `The request's body is nested too deeply. ${rule}`,
    rule,
    example: "a flatter body"
  })
}

export const modelNotFound = (model: string): FlexInferenceError =>
  refusal(404, {
    code: "model_not_found",
    message: `The catalogue has no model ${JSON.stringify(model.slice(0, 100))}. ` +
      "GET /v1/models has them all. A model that is not listed can still be asked for at a named tier.",
    rule: "A model is named as the catalogue lists it, or with a date behind that.",
    example: "GET /v1/models/gpt-5.5"
  }, "model")

/** A key's own limit of requests in a minute. */
export const tooManyRequests = (limit: number, retryAfter: Duration.Duration): FlexInferenceError =>
  new FlexInferenceError({
    reason: new CapacityRefused({
      origin: "flexinference",
      code: "rate_limit_exceeded",
      message:
        `The key may begin ${limit.toLocaleString("en-US")} requests a minute at this gateway and has begun them. ` +
        "Nothing was sent; send it again after the time in retry-after.",
      retryAfter
    })
  })

/** An address that sent too many keys that are none. */
export const tooManyFailures = (retryAfter: Duration.Duration): FlexInferenceError =>
  new FlexInferenceError({
    reason: new CapacityRefused({
      origin: "flexinference",
      code: "too_many_failed_authentications",
      message:
        "Too many requests from this address carried no key of this gateway's. Wait for the time in retry-after, " +
        "and send one of its keys.",
      retryAfter
    })
  })

const exhausted = (message: string, retryAfter: Duration.Duration): FlexInferenceError =>
  new FlexInferenceError({
    reason: new CapacityRefused({
      origin: "flexinference",
      class: "billing",
      type: "billing_error",
      status: 402,
      code: "budget_exhausted",
      retryable: false,
      message,
      retryAfter
    })
  })

/** What a request may cost is more than its key has left today; both in micro-USD. */
export const budgetExhausted = (
  { cost, left, retryAfter }: { readonly cost: number; readonly left: number; readonly retryAfter: Duration.Duration }
): FlexInferenceError =>
  exhausted(
    `The request may cost up to $${dollars(cost)}, and the key's budget has $${dollars(left)} left for today (UTC). ` +
      "Nothing was sent. Lower its limit of output tokens, shorten it, or wait for the time in retry-after.",
    retryAfter
  )

const dollars = (microUsd: number): string => (Math.max(0, microUsd) / 1e6).toFixed(6)

/** A budget cannot be kept where nobody knows what is spent. */
export const unpricedModel = (model: string): FlexInferenceError =>
  refusal(400, {
    code: "model_not_priced",
    message: `The key has a budget, and ${JSON.stringify(model.slice(0, 100))} has no known price at this tier. ` +
      "Ask for another model or tier, or have its price added to the gateway's models.",
    rule: "A key with a budget asks for models that have a price.",
    example: "GET /v1/models"
  }, "model")

/** Spending that could not be written down. */
export const spendUnrecorded: FlexInferenceError = new FlexInferenceError({
  reason: new CapacityRefused({
    origin: "flexinference",
    status: 503,
    type: "server_error",
    code: "budget_unavailable",
    message:
      "The gateway cannot write down what the key spends, so nothing was sent. Try again later, or tell whoever " +
      "runs it; its log says why.",
    retryAfter: Duration.seconds(10)
  })
})

/** A model that the key may not ask for: to it there is none. */
export const hiddenModel = (model: string): FlexInferenceError =>
  refusal(404, {
    code: "model_not_found",
    message: `There is no model ${
      JSON.stringify(model.slice(0, 100))
    } for this key. GET /v1/models has those there are.`,
    rule: "A key asks for the models that are listed to it.",
    example: "GET /v1/models"
  }, "model")
