/** The dashboard's page: one document that loads nothing, from nowhere, and may do nothing else. */
import type * as Headers from "effect/http/Headers"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as PageText from "./PageText.ts"

/** Whether a person looks, with a browser: a client of the API takes whatever comes. */
export const isAsked = (headers: Headers.Headers): boolean => /\btext\/html\b/i.test(headers["accept"] ?? "")

const policy = [
  "default-src 'none'",
  `script-src '${PageText.scriptHash}'`,
  `style-src '${PageText.styleHash}'`,
  "connect-src 'self'",
  // Says that it has no icon.
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'"
].join("; ")

export const response: HttpServerResponse.HttpServerResponse = HttpServerResponse.text(PageText.html, {
  contentType: "text/html; charset=utf-8",
  headers: {
    "cache-control": "no-store",
    "content-security-policy": policy,
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
    vary: "accept",
    "x-content-type-options": "nosniff"
  }
})
