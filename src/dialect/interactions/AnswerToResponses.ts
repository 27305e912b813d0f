/**
 * Answers from Interactions to Responses. A body is replayed step by step through the same writers a stream goes
 * through, so that the two cannot disagree.
 *
 * A function call's arguments go out in one piece when the call is whole: Interactions has them as an object, and the
 * text of an object is not the text the pieces had.
 */
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import * as JsonSource from "../../wire/JsonSource.ts"
import type { AnswerContext, InStreamFailure, Transducer } from "../../Dialect.ts"
import * as ForeignSignature from "../ForeignSignature.ts"
import * as ResponsesHub from "../responses/Writer.ts"
import * as Citations from "./Citations.ts"
import * as Collector from "./Collector.ts"
import { finalOf, typeOf } from "./Event.ts"
import * as Failure from "./Failure.ts"
import * as ResponseId from "./ResponseId.ts"
import * as ServiceTier from "./ServiceTier.ts"
import * as Usage from "./Usage.ts"

/** Writes one step as an item. */
interface StepWriter {
  /** Writes what the step holds beyond what was written; `delta` is the last piece of it, where that is known. */
  readonly sync: (step: Collector.Growing, delta?: string) => void
  /** Writes what only the whole step tells. */
  readonly settle: (step: JsonObject) => void
  readonly close: () => void
}

/** The piece of a growing text that is not yet written, without flattening the text where the piece is at hand. */
const rest = (text: string, written: number, delta: string | undefined): string =>
  delta !== undefined && text.length - written === delta.length ? delta : text.slice(written)

/** Follows a list of growing texts, of which only the last grows; what is no text in it has no counterpart. */
const follow = (
  to: { readonly write: (text: string) => void; readonly end: (block: Collector.Growing["content"][number]) => void }
) => {
  let current = 0
  let written = 0
  let last: Collector.Growing["content"][number] | undefined
  return {
    sync: (blocks: Collector.Growing["content"], delta?: string): void => {
      for (; current < blocks.length; current++, written = 0) {
        const block = blocks[current]
        if (block?.text !== undefined) {
          if (last !== undefined && last !== block) to.end(last)
          last = block
          if (block.text.length > written) to.write(rest(block.text, written, delta))
          written = block.text.length
        }
        if (current === blocks.length - 1) break
      }
    },
    end: (): void => {
      if (last !== undefined) to.end(last)
    }
  }
}

const messageWriter = (writer: ResponsesHub.ResponsesWriter): StepWriter => {
  const message = writer.message()
  const { end, sync } = follow({
    write: (text) => message.text(text),
    end: ({ annotations, text = "" }) => {
      // Offsets can only be read once the text is whole.
      for (const citation of Citations.toResponses(text, annotations)) message.annotation(citation)
      message.endPart()
    }
  })
  return { sync: (step, delta) => sync(step.content, delta), settle: end, close: () => message.close() }
}

const reasoningWriter = (writer: ResponsesHub.ResponsesWriter): StepWriter => {
  const reasoning = writer.reasoning()
  const { sync } = follow({ write: reasoning.summary, end: () => reasoning.endPart() })
  return {
    sync: (step, delta) => sync(step.summary, delta),
    settle: (step) => {
      const signature = signatureOf(step)
      if (signature !== undefined) reasoning.encrypted(signature)
    },
    close: reasoning.close
  }
}

const functionCallWriter = (writer: ResponsesHub.ResponsesWriter, step: JsonObject): StepWriter => {
  const call = writer.functionCall({ callId: Json.string(step, "id") ?? "", name: Json.string(step, "name") ?? "" })
  return {
    sync: () => {},
    settle: (step) => {
      call.arguments(Json.string(step, "arguments") ?? JsonSource.stringify(Json.object(step, "arguments") ?? {}))
      const signature = signatureOf(step)
      if (signature !== undefined) call.signature(signature)
    },
    close: () => call.close()
  }
}

const searchWriter = (writer: ResponsesHub.ResponsesWriter): StepWriter => {
  const search = writer.webSearchCall()
  return {
    sync: () => {},
    settle: (step) => {
      const queries =
        Json.array(Json.object(step, "arguments") ?? {}, "queries")?.filter((query) => typeof query === "string") ?? []
      search.close({ type: "search", query: queries[0] ?? "", queries })
    },
    close: () => search.close()
  }
}

/** Google's opaque value as Responses carries it; an empty one is none. */
const signatureOf = (step: JsonObject): string | undefined => {
  const signature = Json.string(step, "signature")
  return signature === undefined || signature === ""
    ? undefined
    : ForeignSignature.rewrap(signature, "google", "openai")
}

/** The writer of a step, or `undefined` for a step that Responses has no item for, such as a search's result. */
const writerOf = (writer: ResponsesHub.ResponsesWriter, step: JsonObject): StepWriter | undefined => {
  switch (Json.string(step, "type")) {
    case "model_output":
      return messageWriter(writer)
    case "thought":
      return reasoningWriter(writer)
    case "function_call":
      return functionCallWriter(writer, step)
    case "google_search_call":
      return searchWriter(writer)
    default:
      return undefined
  }
}

/**
 * Writes the steps of an answer. The last one stays open though it is whole: only the end tells whether it was cut.
 * Who asked for one call at a time gets the first: Gemini itself cannot be told, and makes the others later.
 */
const stepsWriter = (writer: ResponsesHub.ResponsesWriter, { request }: AnswerContext) => {
  const isSerial = Json.boolean(request, "parallel_tool_calls") === false
  let hasCalled = false
  let last: StepWriter | undefined
  let isWhole = false
  const begin = (step: JsonObject): StepWriter | undefined => {
    const isCall = Json.string(step, "type") === "function_call"
    if (isCall && isSerial && hasCalled) return undefined
    hasCalled ||= isCall
    if (isWhole) last?.close()
    last = writerOf(writer, step)
    isWhole = false
    return last
  }
  const end = (step: Collector.Growing, to: StepWriter): void => {
    to.sync(step)
    to.settle(Collector.whole(step))
    if (to === last) isWhole = true
    else to.close()
  }
  const replay = (body: JsonObject): void => {
    for (const step of Json.objects(body, "steps")) {
      const to = begin(step)
      if (to !== undefined) end(Collector.begin(step), to)
    }
  }
  return { begin, end, replay }
}

const searchSteps = (body: JsonObject): number =>
  Json.objects(body, "steps").filter((step) => Json.string(step, "type") === "google_search_call").length

const identityOf = (interaction: JsonObject): ResponsesHub.Identity => {
  const id = Json.string(interaction, "id")
  const created = Date.parse(Json.string(interaction, "created") ?? "")
  const tier = Json.string(interaction, "service_tier")
  return {
    id: id === undefined || id === "" ? undefined : ResponseId.fromInteraction(id),
    createdAt: Number.isNaN(created) ? undefined : Math.floor(created / 1000),
    model: Json.string(interaction, "model"),
    serviceTier: tier === undefined ? undefined : ServiceTier.toResponses(tier)
  }
}

const failed = (failure: InStreamFailure): Partial<ResponsesHub.Ending> & Pick<ResponsesHub.Ending, "status"> => ({
  status: "failed",
  error: { code: failure.code ?? "server_error", message: failure.message }
})

const statusOf = (body: JsonObject): ResponsesHub.Ending => {
  const reported = Json.objects(body, "steps").length === 0 ? Failure.reportedEmpty(body) : Failure.reported(body)
  if (reported !== undefined) return failed(reported)
  const status = Json.string(body, "status") ?? "completed"
  const failure = Failure.errorOf(body)
  if (failure !== undefined && Failure.isBlocked(failure.code) && status !== "completed") {
    return { status: "incomplete", incompleteReason: "content_filter" }
  }
  switch (status) {
    case "incomplete":
    case "requires_continuation":
    case "budget_exceeded":
      return { status: "incomplete", incompleteReason: "max_output_tokens" }
    case "in_progress":
    case "queued":
      return failed({ ...Failure.unexplained, message: `The answer is not finished: its status is ${status}.` })
    default:
      return { status: "completed" }
  }
}

const endingOf = (body: JsonObject): ResponsesHub.Ending => {
  const usage = Json.object(body, "usage")
  return { ...statusOf(body), usage: usage === undefined ? undefined : Usage.read(usage, searchSteps(body)) }
}

export const bodyToResponses = (body: JsonObject, context: AnswerContext): JsonObject => {
  const writer = ResponsesHub.make(context)
  writer.identify(identityOf(body))
  stepsWriter(writer, context).replay(body)
  return writer.finish(endingOf(body))
}

export const eventsToResponses = (context: AnswerContext): Transducer => {
  const writer = ResponsesHub.make(context)
  const steps = stepsWriter(writer, context)
  const collector = Collector.make()
  // By the provider's index; `undefined` for a step that has no item or is whole.
  const begun = new Map<number, StepWriter | undefined>()

  /** The writer of the step an event belongs to; a delta may be the first that is heard of its step. */
  const writerAt = (index: number, step: JsonObject): StepWriter | undefined => {
    if (!begun.has(index)) begun.set(index, steps.begin(step))
    return begun.get(index)
  }

  const end = (index: number): void => {
    const to = begun.get(index)
    const step = collector.stepAt(index)
    if (to === undefined || step === undefined) return
    begun.set(index, undefined)
    steps.end(step, to)
  }

  const push = (event: JsonObject): void => {
    collector.add(event)
    const index = Json.number(event, "index") ?? 0
    const type = typeOf(event)
    const final = finalOf(event)
    if (type === "interaction.created") {
      writer.identify(identityOf(Json.object(event, "interaction") ?? {}))
    } else if (type === "step.start" || type === "step.delta") {
      const delta = Json.object(event, "delta") ?? {}
      const step = collector.stepAt(index)
      if (step !== undefined) writerAt(index, step.start)?.sync(step, Json.string(delta, "text"))
    } else if (type === "step.stop") {
      end(index)
    } else if (final !== undefined) {
      for (const index of begun.keys()) end(index)
      const body = collector.body() ?? final
      writer.identify(identityOf(body))
      if (begun.size === 0) steps.replay(body)
      writer.finish(endingOf(body))
    }
  }

  return {
    push: (event) => {
      push(event)
      return writer.take()
    }
  }
}
