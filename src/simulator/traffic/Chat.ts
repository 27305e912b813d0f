/**
 * OpenAI Chat Completions, as recorded between August 2025 and July 2026. A failure inside the stream was never
 * recorded: its error chunk is synthetic, in the shape the official SDK reads.
 */
import type { Frame } from "../../wire/Sse.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import { type Answer, outputTokens, type Prompt, reasoningTokens, tokens } from "../Answer.ts"
import * as Ids from "./Ids.ts"
import * as OpenAI from "./OpenAI.ts"
import { choiceOf } from "./Responses.ts"
import { type Emission, type Exchange, inputTokens, type Moment, seconds, textOf, type Traffic } from "./ProviderSim.ts"

const promptOf = (request: JsonObject): Prompt => {
  const messages = Json.objects(request, "messages")
  const last = messages.at(-1)
  const choice = Json.object(Json.object(request, "tool_choice") ?? {}, "function")
  const name = choice === undefined ? undefined : Json.string(choice, "name")
  const effort = Json.string(request, "reasoning_effort")
  const format = Json.object(request, "response_format") ?? {}
  return {
    text: userText(messages),
    inputTokens: inputTokens(request["messages"], request["tools"]),
    tools: Json.objects(request, "tools").flatMap((tool) => {
      const declared = Json.object(tool, "function")
      return declared === undefined
        ? []
        : [{ name: Json.string(declared, "name") ?? "", schema: Json.object(declared, "parameters") ?? {} }]
    }),
    toolChoice: name === undefined ? choiceOf(Json.string(request, "tool_choice")) : { name },
    afterTool: last !== undefined && Json.string(last, "role") === "tool",
    schema: schemaOf(format),
    search: Json.object(request, "web_search_options") !== undefined,
    reasoning: effort !== undefined && effort !== "none" && effort !== "minimal",
    summary: false,
    maxTokens: Json.number(request, "max_completion_tokens") ?? Json.number(request, "max_tokens")
  }
}

const schemaOf = (format: JsonObject): JsonObject | undefined => {
  switch (Json.string(format, "type")) {
    case "json_schema":
      return Json.object(Json.object(format, "json_schema") ?? {}, "schema") ?? {}
    case "json_object":
      return {}
    default:
      return undefined
  }
}

const userText = (messages: ReadonlyArray<JsonObject>): string => {
  const message = messages.findLast((message) => Json.string(message, "role") === "user")
  return message === undefined ? "" : textOf(message, "content")
}

const idOf = ({ seed }: Exchange): string => `chatcmpl-${Ids.opaque(`${seed}/completion`, Ids.base62, 29)}`

const fingerprint = ({ model }: Exchange): string | null =>
  OpenAI.isReasoningModel(model) ? null : `fp_${Ids.opaque(model, Ids.hex, 10)}`

const finishOf = (answer: Answer): string =>
  answer.stop === "length" ? "length" : answer.calls.length > 0 ? "tool_calls" : "stop"

const usageOf = ({ answer, prompt }: Exchange): JsonObject => {
  const reasoning = reasoningTokens(answer)
  const completion = outputTokens(answer) + reasoning
  return {
    prompt_tokens: prompt.inputTokens,
    completion_tokens: completion,
    total_tokens: prompt.inputTokens + completion,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0
    }
  }
}

const citations = ({ search, text = "" }: Answer): ReadonlyArray<JsonObject> => {
  const start = search === undefined ? -1 : text.indexOf(search.page.url)
  return search === undefined || start === -1 ? [] : [{
    type: "url_citation",
    url_citation: {
      end_index: start + search.page.url.length,
      start_index: start,
      title: search.page.title,
      url: search.page.url
    }
  }]
}

const callId = ({ seed }: Exchange, index: number): string =>
  `call_${Ids.opaque(`${seed}/call_id/${index}`, Ids.base62, 24)}`

const logprobs = ({ model }: Exchange): JsonObject => OpenAI.isReasoningModel(model) ? {} : { logprobs: null }

const events = (exchange: Exchange): ReadonlyArray<Emission> => {
  const { answer, request, seed } = exchange
  const emissions: Array<Emission> = []
  const includeUsage = Json.boolean(Json.object(request, "stream_options") ?? {}, "include_usage") === true
  const emit = (moment: Moment, choices: ReadonlyArray<JsonObject>, text: string, usage: JsonObject | null = null) => {
    const event = {
      id: idOf(exchange),
      object: "chat.completion.chunk",
      created: seconds(exchange.createdAt),
      model: exchange.model,
      service_tier: OpenAI.servedWord(exchange),
      system_fingerprint: fingerprint(exchange),
      choices,
      ...(includeUsage ? { usage } : {}),
      ...(OpenAI.obfuscates(request) ? { obfuscation: OpenAI.obfuscation(`${seed}/${emissions.length}`, text) } : {})
    }
    emissions.push({ moment, frame: { event: undefined, data: JSON.stringify(event), value: event } })
  }
  const chunk = (moment: Moment, delta: JsonObject, text: string, finish: string | null = null) =>
    emit(moment, [{ index: 0, delta, ...logprobs(exchange), finish_reason: finish }], text)

  // Recorded: the first call rides on the chunk that names the role, where no text comes before it.
  if (answer.text !== undefined || answer.calls.length === 0) {
    chunk("admission", { role: "assistant", content: "", refusal: null }, "")
    for (const piece of tokens(answer.text ?? "")) chunk("delta", { content: piece }, piece)
    const annotations = citations(answer)
    if (annotations.length > 0) chunk("output", { annotations }, "")
  }
  answer.calls.forEach((call, index) => {
    const opened = [{
      index,
      id: callId(exchange, index),
      type: "function",
      function: { name: call.name, arguments: "" }
    }]
    chunk(
      "output",
      index === 0 && answer.text === undefined
        ? { role: "assistant", content: null, tool_calls: opened, refusal: null }
        : { tool_calls: opened },
      ""
    )
    for (const piece of tokens(JSON.stringify(call.arguments))) {
      chunk("delta", { tool_calls: [{ index, function: { arguments: piece } }] }, piece)
    }
  })
  chunk("output", {}, "", finishOf(answer))
  if (includeUsage && answer.usage) emit("output", [], "", usageOf(exchange))
  emissions.push({ moment: "output", frame: done })
  return emissions
}

const done: Frame = { event: undefined, data: "[DONE]", value: undefined }

const body = (exchange: Exchange): JsonObject => {
  const { answer } = exchange
  const calls = answer.calls.map((call, index) => ({
    id: callId(exchange, index),
    type: "function",
    function: { name: call.name, arguments: JSON.stringify(call.arguments) }
  }))
  return {
    id: idOf(exchange),
    object: "chat.completion",
    created: seconds(exchange.createdAt),
    model: exchange.model,
    choices: [{
      index: 0,
      message: {
        role: "assistant",
        content: answer.text ?? null,
        ...(calls.length > 0 ? { tool_calls: calls } : {}),
        refusal: null,
        annotations: citations(answer)
      },
      ...logprobs(exchange),
      finish_reason: finishOf(answer)
    }],
    ...(answer.usage ? { usage: usageOf(exchange) } : {}),
    service_tier: OpenAI.servedWord(exchange),
    system_fingerprint: fingerprint(exchange)
  }
}

export const Chat: Traffic = {
  provider: "openai",
  dialect: "chat.completions",
  path: /\/chat\/completions$/,
  tierFromWire: OpenAI.tierFromWire,
  promptOf,
  headers: OpenAI.headers,
  events,
  body,
  refusal: OpenAI.refusal,
  failure: (exchange, refusal) => {
    const { code, message, param, type } = OpenAI.envelope(exchange, refusal)
    const event = { error: { message, type, param, code } }
    return [{ event: undefined, data: JSON.stringify(event), value: event }]
  }
}
