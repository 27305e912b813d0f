/**
 * The gateway of effect-flexinference: the router as an HTTP server on Node, and the HTTP client it is fastest with.
 */

/** The HTTP server behind which the router speaks to any client. */
export * as Gateway from "./Gateway.ts"
/** An `HttpClient` straight over undici. */
export * as UndiciHttpClient from "../transport/UndiciHttpClient.ts"
