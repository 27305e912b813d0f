/**
 * Who may see how a gateway fares: whoever has the operator's key, as a bearer token or as the password of HTTP Basic; this
 * machine alone where there is none.
 */
import * as Effect from "effect/Effect"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { createHash, timingSafeEqual } from "node:crypto"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import * as Refusal from "./GatewayError.ts"
import * as OwnSite from "./OwnSite.ts"

/** The challenge by which a browser asks for the key. */
export const challenge = "Basic realm=\"flexinference\", charset=\"UTF-8\""

const scheme = /^(bearer|basic) +(\S+) *$/i

/** The key that a request carries; of Basic credentials it is the password, or the name where that is empty. */
const presented = (authorization: string | undefined): string | undefined => {
  const [, name = "", value = ""] = scheme.exec(authorization ?? "") ?? []
  if (name.toLowerCase() !== "basic") return value === "" ? undefined : value
  const [, user = "", password = ""] = /^([^:]*):?([^]*)$/.exec(Buffer.from(value, "base64").toString()) ?? []
  return password === "" ? user : password
}

const digest = (key: string): Buffer => createHash("sha256").update(key).digest()

/** A call from this very machine, and not one that a proxy on it hands on. */
const isOwn = ({ headers, remoteAddress }: HttpServerRequest.HttpServerRequest): boolean =>
  /^(?:::1|(?:::ffff:)?127(?:\.\d+){3})$/i.test(Option.getOrElse(remoteAddress, () => "")) &&
  headers["forwarded"] === undefined && headers["x-forwarded-for"] === undefined

/** Lets an operator's request pass. */
export const make = (
  operatorKey: Redacted.Redacted<string> | undefined
): (request: HttpServerRequest.HttpServerRequest) => Effect.Effect<void, FlexInferenceError> => {
  const key = operatorKey === undefined ? undefined : Redacted.value(operatorKey).trim()
  if (key === undefined) {
    return (request) => isOwn(request) ? OwnSite.check(request.headers) : Effect.fail(Refusal.operatorOnly)
  }
  const own = digest(key)
  return ({ headers }) => {
    const given = presented(headers["authorization"])
    return key !== "" && given !== undefined && timingSafeEqual(digest(given), own)
      ? Effect.void
      : Effect.fail(Refusal.noOperator)
  }
}
