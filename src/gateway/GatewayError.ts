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
