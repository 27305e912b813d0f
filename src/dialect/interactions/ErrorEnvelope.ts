/** The error envelope Google's clients expect: the HTTP status in `code`, a canonical word in `status`. */
import type { FlexInferenceError } from "../../FlexInferenceError.ts"
import { errorBlock } from "../../Dialect.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"

const words: { readonly [status: number]: string } = {
  401: "UNAUTHENTICATED",
  402: "FAILED_PRECONDITION",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  408: "DEADLINE_EXCEEDED",
  409: "ABORTED",
  429: "RESOURCE_EXHAUSTED",
  499: "CANCELLED",
  501: "UNIMPLEMENTED",
  502: "UNAVAILABLE",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
  529: "UNAVAILABLE"
}

/** Google's word for an HTTP status. */
export const statusWord = (status: number): string => words[status] ?? (status >= 500 ? "INTERNAL" : "INVALID_ARGUMENT")

/** `{ error: { code, message, status, details, flexinference } }`. */
export const errorBody = (error: FlexInferenceError): { readonly error: JsonObject } => ({
  error: Json.compact({
    code: error.status,
    message: error.message,
    status: statusWord(error.status),
    // Google's own are a list; by it its clients know how long to wait.
    details: Json.isArray(error.details) ? error.details : undefined,
    flexinference: errorBlock(error)
  })
})
