/** Chat Completions answers as Responses: chunks as events, and a body as the events of one chunk would make it. */
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import type { AnswerContext, InStreamFailure, Transducer } from "../../Dialect.ts"
import * as Hub from "../responses/Writer.ts"
import * as Annotation from "./Annotation.ts"
import { firstChoice, reported, unexplained } from "./Failure.ts"
import * as Reasoning from "./Reasoning.ts"
import { served } from "./Usage.ts"

/**
 * Puts deltas into a writer. Items stay open until the end, because nothing in a chunk says that a call or a text is
 * whole before the finish reason does.
 */
const deltaWriter = (context: AnswerContext, writer: Hub.ResponsesWriter) => {
  const reasoning = new Map<string, { readonly writer: Hub.ReasoningWriter; index: number | undefined }>()
  const calls = new Map<number, Hub.FunctionCallWriter>()
  let message: Hub.MessageWriter | undefined

  const reasoningAt = (id: string | undefined) => {
    const found = reasoning.get(id ?? "")
    if (found !== undefined) return found
    const made = { writer: writer.reasoning({ id }), index: undefined }
    reasoning.set(id ?? "", made)
    return made
  }

  const addReasoning = (delta: JsonObject): void => {
    const details = Json.objects(delta, "reasoning_details")
    for (const detail of details) {
      const item = reasoningAt(Json.string(detail, "id"))
      const text = Reasoning.readable(detail)
      const index = Json.number(detail, "index")
      if (text !== undefined) {
        if (item.index !== index) item.writer.endPart()
        item.index = index
        item.writer.summary(text)
      }
      const encrypted = Reasoning.encryptedContent(detail)
      if (encrypted !== undefined) item.writer.encrypted(encrypted)
    }
    // Hosts that send details send the same text once more, unstructured, for older clients.
    const plain = Json.string(delta, "reasoning") ?? Json.string(delta, "reasoning_content") ?? ""
    if (details.length === 0 && plain !== "") reasoningAt(undefined).writer.summary(plain)
  }

  const addCall = (call: JsonObject, position: number): void => {
    const index = Json.number(call, "index") ?? position
    const described = Json.object(call, "function") ?? {}
    const known = calls.get(index)
    const item = known ?? writer.functionCall({
      callId: Json.string(call, "id") ?? `call_${context.id}_${index}`,
      name: Json.string(described, "name") ?? ""
    })
    if (known === undefined) calls.set(index, item)
    const text = Json.string(described, "arguments") ?? ""
    if (text !== "") item.arguments(text)
    const signature = Reasoning.signatureOf(call)
    if (signature !== undefined) item.signature(signature)
  }

  return (delta: JsonObject, logprobs: JsonObject): void => {
    addReasoning(delta)
    const opened = () => message ??= writer.message()
    const content = Json.string(delta, "content") ?? ""
    if (content !== "") opened().text(content, Json.array(logprobs, "content"))
    for (const annotation of Json.objects(delta, "annotations")) opened().annotation(Annotation.toHub(annotation))
    const refusal = Json.string(delta, "refusal") ?? ""
    if (refusal !== "") opened().refusal(refusal)
    for (const [position, call] of Json.objects(delta, "tool_calls").entries()) addCall(call, position)
  }
}

const endingOf = (finishReason: string | undefined): Pick<Hub.Ending, "status" | "incompleteReason"> => {
  switch (finishReason) {
    case "length":
      return { status: "incomplete", incompleteReason: "max_output_tokens" }
    case "content_filter":
      return { status: "incomplete", incompleteReason: "content_filter" }
    default:
      return { status: "completed" }
  }
}

const failureEnding = (failure: InStreamFailure): Hub.Ending => ({
  status: "failed",
  error: { ...failure, code: failure.code ?? "server_error" }
})

const identityOf = (answer: JsonObject): Hub.Identity => {
  const { model, tier } = served(answer)
  return { createdAt: Json.number(answer, "created"), model, serviceTier: tier }
}

/** A completion as a response. */
export const body = (completion: JsonObject, context: AnswerContext): JsonObject => {
  const writer = Hub.make(context)
  writer.identify(identityOf(completion))
  const choice = firstChoice(completion)
  const failure = reported(completion) ??
    (Json.objects(completion, "choices").length === 0
      ? { ...unexplained, message: "The provider sent an answer without a choice." }
      : undefined)
  deltaWriter(context, writer)(Json.object(choice, "message") ?? {}, Json.object(choice, "logprobs") ?? {})
  return writer.finish(
    failure === undefined
      ? { ...endingOf(Json.string(choice, "finish_reason")), usage: served(completion).usage }
      : failureEnding(failure)
  )
}

/**
 * Chunks as Responses events. The usage comes in a chunk of its own after the finish reason if it was asked for, and
 * then every chunk before has a `usage` of null; so a finish without that member is the end.
 */
export const events = (context: AnswerContext): Transducer => {
  const writer = Hub.make(context)
  const write = deltaWriter(context, writer)
  let finishReason: string | undefined
  let identity: Hub.Identity = {}
  return {
    push: (chunk) => {
      if (writer.finished()) return []
      const { createdAt, model, serviceTier } = identityOf(chunk)
      identity = {
        createdAt: createdAt ?? identity.createdAt,
        model: model ?? identity.model,
        serviceTier: serviceTier ?? identity.serviceTier
      }
      writer.identify(identity)
      const choice = firstChoice(chunk)
      const failure = reported(chunk)
      write(Json.object(choice, "delta") ?? {}, Json.object(choice, "logprobs") ?? {})
      finishReason = Json.string(choice, "finish_reason") ?? finishReason
      const { usage } = served(chunk)
      if (failure !== undefined) writer.finish(failureEnding(failure))
      else if (finishReason !== undefined && (usage !== undefined || !Object.hasOwn(chunk, "usage"))) {
        writer.finish({ ...endingOf(finishReason), usage })
      }
      return writer.take()
    }
  }
}
