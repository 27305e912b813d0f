import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Duration, Effect, Result, Schema } from "effect"
import { FlexInference } from "flexinference"
import { ChatRequest } from "../src/dialect/chat/ChatTypes.ts"
import type { Dialect } from "../src/dialect/Dialect.ts"
import { InteractionRequest } from "../src/dialect/interactions/InteractionsTypes.ts"
import { MessageRequest } from "../src/dialect/messages/MessagesTypes.ts"
import { ResponsesRequest } from "../src/dialect/responses/ResponsesTypes.ts"
import type { Problem } from "../src/FlexInferenceError.ts"
import * as RouterFields from "../src/RouterFields.ts"

type Surface = Pick<Dialect, "name" | "required">

const responses: Surface = { name: "responses", required: { field: "input", kind: "present" } }
const chat: Surface = { name: "chat.completions", required: { field: "messages", kind: "array" } }
const interactions: Surface = { name: "interactions", required: { field: "input", kind: "present" } }
const messages: Surface = { name: "messages", required: { field: "messages", kind: "array" } }

const problemsOf = (surface: Surface, body: unknown): ReadonlyArray<Problem> => {
  const validated = RouterFields.validate(surface, body)
  if (Result.isSuccess(validated)) return []
  const { reason } = validated.failure
  if (reason._tag !== "InvalidRequest") throw new Error(`a bad request became ${reason._tag}`)
  return reason.problems
}

const fieldsOf = (surface: Surface, body: unknown): ReadonlyArray<string> =>
  problemsOf(surface, body).map(({ field }) => field)

const good = { model: "gpt-5.5", start_within: "00h-00m-30s", input: "Hello" }

// What bodies are made of: mostly right, often nearly right, sometimes anything.

const oneOf = <A>(...choices: ReadonlyArray<Arbitrary.Arbitrary<A>>): Arbitrary.Arbitrary<A> =>
  Arbitrary.flatMap(
    Arbitrary.schema(Schema.Literals([...choices.keys()])),
    (index) => choices[index] ?? Arbitrary.Constant(undefined as never)
  )
