/**
 * Which web pages may call a gateway: none, but those of the origins that are listed. Every other page's browser asks
 * first and is not answered.
 */
import * as HttpMiddleware from "effect/http/HttpMiddleware"

/** What a page may read of an answer beside its body. */
const exposed = [
  "retry-after",
  "x-request-id",
  "x-should-retry",
  ...[
    "cost",
    "dropped",
    "early",
    "pricing",
    "request-id",
    "retires",
    "retries",
    "routing-reason",
    "served-provider",
    "simulated",
    "spend-remaining"
  ].map((name) => `x-flexinference-${name}`)
]

/** Answers what browsers ask first, and says in every answer to a page of these origins that it may read it. */
export const allow = (origins: ReadonlyArray<string>) =>
  HttpMiddleware.cors({
    allowedOrigins: (origin) => origins.includes(origin),
    allowedMethods: ["GET", "HEAD", "POST"],
    exposedHeaders: exposed,
    maxAge: 600
  })
