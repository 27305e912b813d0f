/** The error envelope that both OpenAI dialects share. */
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import { errorBlock } from "../Dialect.ts"
import type { JsonObject } from "../wire/Json.ts"

/** `{ error: { message, type, code, param, doc_url, flexinference } }`, as OpenAI's clients expect it. */
export const errorBody = (error: FlexInferenceError): JsonObject => ({
  error: {
    message: error.message,
    type: error.type,
    code: error.code,
    param: error.param,
    doc_url: error.docUrl,
    flexinference: errorBlock(error)
  }
})
