/** What a gateway answers where none of its routes does. */
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import * as Refusal from "./GatewayError.ts"
import type { Options } from "./GatewayOptions.ts"
import * as Paths from "./Paths.ts"
import * as Reply from "./Reply.ts"

const nothingHere = (options: Pick<Options, "dashboard" | "dialects"> | undefined): FlexInferenceError =>
  Refusal.notFound(Paths.all(options).map(({ behindModel = "", method, path }) => `${method} ${path}${behindModel}`))

/** What no route answers: an unknown path, or a known one asked with another method. */
export const unrouted = (
  options: Pick<Options, "dashboard" | "dialects"> | undefined,
  nameOf: (request: HttpServerRequest.HttpServerRequest) => string
) =>
(request: HttpServerRequest.HttpServerRequest): HttpServerResponse.HttpServerResponse => {
  const requestId = nameOf(request)
  const asked = (request.url.split("?", 1)[0] ?? "").toLowerCase().replace(/(?<=.)\/$/, "")
  const known = Paths.all(options).filter((path) => Paths.matches(path, asked))
  const [first] = known
  if (first === undefined || known.some(({ method }) => method === request.method)) {
    return Reply.failure(nothingHere(options), Paths.common, requestId)
  }
  // A client that would rather speak over a socket is told at once that it has to do without.
  if (first.method === "POST" && request.headers["upgrade"] !== undefined) {
    return HttpServerResponse.setHeaders(Reply.failure(Refusal.noUpgrade(first.path), first.dialect, requestId), {
      upgrade: "HTTP/1.1",
      connection: "close"
    })
  }
  const methods = known.map(({ method }) => method)
  return HttpServerResponse.setHeader(
    Reply.failure(Refusal.methodNotAllowed(first.path, methods.join(" and ")), first.dialect, requestId),
    "allow",
    methods.flatMap((method) => method === "GET" ? [method, "HEAD"] : [method]).join(", ")
  )
}
