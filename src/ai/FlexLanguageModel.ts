/**
 * The `LanguageModel` of `effect/ai` on top of `FlexInference`, for the models of OpenAI, Google and Anthropic alike:
 * generated text, structured output, tools, streams and `Chat`, at half the price where flex starts in time.
 *
 * How an answer was served stands under `flexinference` in the metadata of its `response-metadata` and `finish` parts.
 *
 * **Example** (a model that waits for flex, and another where it fails)
 *
 * ```ts
 * import { Effect, ExecutionPlan } from "effect"
 * import { LanguageModel } from "effect/ai"
 * import { FlexLanguageModel } from "effect-flexinference/ai"
 *
 * const plan = ExecutionPlan.make(
 *   { provide: FlexLanguageModel.model("gpt-5.5", { startWithin: "30 seconds" }) },
 *   { provide: FlexLanguageModel.model("claude-opus-5") }
 * )
 *
 * // Requires `FlexInference`.
 * export const haiku = LanguageModel.generateText({ prompt: "Write a haiku about patience." }).pipe(
 *   Effect.map((response) => response.text),
 *   Effect.withExecutionPlan(plan)
 * )
 * ```
 *
 * @since 0.1.0
 */
import * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Model from "effect/ai/Model"
import * as Telemetry from "effect/ai/Telemetry"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { Span } from "effect/Tracer"
import type { ResponsesRequest, TextOptions } from "../api/Responses.ts"
import * as OpenAIModel from "../dialect/responses/OpenAIModel.ts"
import * as Reader from "../dialect/responses/Reader.ts"
import * as FlexInference from "../FlexInference.ts"
import { type FlexInferenceError, streamFailed } from "../FlexInferenceError.ts"
import * as ServiceTier from "../provider/ServiceTier.ts"
import * as Verdict from "../provider/Verdict.ts"
import type { ModelName } from "../RequestFields.ts"
import type { Routing } from "../Routing.ts"
import * as StartWithinField from "../StartWithin.ts"
import * as Json from "../wire/Json.ts"
import * as Failure from "./Failure.ts"
import * as PromptInput from "./PromptInput.ts"
import * as RequestTools from "./RequestTools.ts"
import * as ResponseParts from "./ResponseParts.ts"
import { providerOf } from "./Served.ts"

export type { FailureMetadata } from "./Failure.ts"
export type {
  FileOptions,
  PromptPartOptions,
  ReasoningMetadata,
  RoutingMetadata,
  TextMetadata,
  ToolCallMetadata
} from "./Metadata.ts"

/**
 * How long flex may take to start: a duration from 5 seconds to 10 minutes, such as `"30 seconds"`, or a tier by name.
 * A bare number is none: it would count milliseconds.
 */
export type StartWithinInput =
  | StartWithinField.StartWithin
  | Exclude<Duration.Input, number | bigint | readonly [seconds: number, nanos: number] | `${"" | "-"}Infinity`>

/** What `effect/ai` says itself, or what makes no sense there. */
type NotSettings =
  | "model"
  | "input"
  | "tools"
  | "tool_choice"
  | "text"
  | "stream"
  | "stream_options"
  | "start_within"
  | "include_cost"
  | "service_tier"
  | "previous_response_id"
  | "conversation"
  | "background"

/** What a model is told beside its prompt: the fields of Responses, for whichever provider, and how it is called. */
export interface Settings extends Omit<ResponsesRequest, NotSettings> {
  /**
   * How long flex may take to start before the standard tier is asked as well, or a tier by name.
   * @default "default", the standard tier
   */
  readonly startWithin?: StartWithinInput | undefined
  /** How much is said. */
  readonly text?: Pick<TextOptions, "verbosity"> | undefined
  /**
   * Whether the provider keeps to the schemas of tools and objects to the letter.
   * @default true
   */
  readonly strictJsonSchema?: boolean | undefined
  /** How the ids of files that are stored with the provider begin, such as `"file-"`; other text is base64. */
  readonly fileIdPrefixes?: ReadonlyArray<string> | undefined
  /** Clocks, headers and extra fields of each call. */
  readonly call?: FlexInference.CallOptions | undefined
}

/**
 * Settings for all calls within, of whichever model; they come before those of the layer.
 *
 * **Example** (a stream with settings of its own)
 *
 * ```ts
 * import { Stream } from "effect"
 * import { LanguageModel } from "effect/ai"
 * import { FlexLanguageModel } from "effect-flexinference/ai"
 *
 * export const story = LanguageModel.streamText({ prompt: "Tell me a story." }).pipe(
 *   Stream.provideService(FlexLanguageModel.Config, { startWithin: "10 seconds", text: { verbosity: "high" } })
 * )
 * ```
 *
 * @since 0.1.0
 * @category services
 */
export class Config extends Context.Service<Config, Settings & { readonly model?: ModelName | undefined }>()(
  "effect-flexinference/ai/FlexLanguageModel/Config"
) {}

/**
 * `startWithin` for everything within: it comes before that of the layer, and after that of `withConfigOverride`.
 *
 * **Example** (a batch that has time)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { LanguageModel } from "effect/ai"
 * import { FlexLanguageModel } from "effect-flexinference/ai"
 *
 * export const unhurried = LanguageModel.generateText({ prompt: "Summarize the year." }).pipe(
 *   Effect.provideService(FlexLanguageModel.StartWithin, "10 minutes")
 * )
 * ```
 *
 * @since 0.1.0
 * @category references
 */
export const StartWithin = Context.Reference<StartWithinInput | undefined>(
  "effect-flexinference/ai/FlexLanguageModel/StartWithin",
  { defaultValue: () => undefined }
)

/**
 * A model as a layer that tells its name too; a step of an `ExecutionPlan`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const model = (
  model: ModelName,
  config?: Settings
): Model.Model<"flexinference", LanguageModel.LanguageModel, FlexInference.FlexInference> =>
  Model.make("flexinference", model, layer({ model, config }))

/**
 * The service as a layer.
 *
 * **Example** (a whole program's model)
 *
 * ```ts
 * import { Layer } from "effect"
 * import { FetchHttpClient } from "effect/http"
 * import { FlexInference } from "effect-flexinference"
 * import { FlexLanguageModel } from "effect-flexinference/ai"
 *
 * export const layer = FlexLanguageModel.layer({ model: "gpt-5.5", config: { startWithin: "30 seconds" } }).pipe(
 *   Layer.provide(FlexInference.layerConfig()),
 *   Layer.provide(FetchHttpClient.layer)
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: {
  readonly model: ModelName
  readonly config?: Settings | undefined
}): Layer.Layer<LanguageModel.LanguageModel, never, FlexInference.FlexInference> =>
  Layer.effect(LanguageModel.LanguageModel, make(options))

/**
 * The service.
 *
 * **Example** (a model for one part of a program)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { LanguageModel } from "effect/ai"
 * import { FlexLanguageModel } from "effect-flexinference/ai"
 *
 * export const summary = (text: string) =>
 *   LanguageModel.generateText({ prompt: `Summarize: ${text}` }).pipe(
 *     Effect.provideServiceEffect(LanguageModel.LanguageModel, FlexLanguageModel.make({ model: "gpt-5.5" }))
 *   )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = Effect.fnUntraced(function*(options: {
  readonly model: ModelName
  readonly config?: Settings | undefined
}): Effect.fn.Return<LanguageModel.LanguageModel, never, FlexInference.FlexInference> {
  const { responses } = yield* FlexInference.FlexInference
  const current = currentSettings(options.model, options.config)

  const prepare = (method: Failure.Method, options: LanguageModel.ProviderOptions) =>
    Effect.flatMap(current, (settings) => {
      const prepared = requestOf(settings, options)
      if (Result.isFailure(prepared)) return Effect.fail(Failure.make(method, prepared.failure))
      annotateRequest(options.span, prepared.success.request)
      return Effect.succeed(prepared.success)
    })

  return yield* LanguageModel.make({
    codecTransformer: RequestTools.codecTransformer(options.model, options.config?.provider?.[0]),
    supportsSystemMessagesInHistory: Effect.map(current, ({ model }) => OpenAIModel.of(model) !== undefined),
    generateText: Effect.fnUntraced(function*(options) {
      const { asked, call, request } = yield* prepare("generateText", options)
      const { body, routing } = yield* Effect.mapError(
        responses.createWithRouting(request, call),
        Failure.fromFlexInferenceError("generateText")
      )
      const reader = ResponseParts.make(ResponseParts.whole, asked, routing)
      const value: unknown = body
      const parts = Reader.make().finish(Json.isObject(value) ? value : {}).flatMap(reader.read)
      return [...parts, yield* finish("generateText", reader, routing, options.span)]
    }),
    streamText: (options) =>
      Stream.unwrap(Effect.gen(function*() {
        const { asked, call, request } = yield* prepare("streamText", options)
        const opened = yield* Effect.mapError(
          responses.open(request, call),
          Failure.fromFlexInferenceError("streamText")
        )
        const reader = ResponseParts.make(ResponseParts.streamed, asked, opened.routing)
        const { push } = Reader.make()
        return opened.events.pipe(
          Stream.mapError(Failure.fromFlexInferenceError("streamText")),
          Stream.mapArray((events) => [
            events.flatMap((event: unknown) => Json.isObject(event) ? push(event).flatMap(reader.read) : [])
          ]),
          Stream.flattenIterable,
          Stream.concat(Stream.fromEffect(
            Effect.flatMap(opened.report, (routing) => finish("streamText", reader, routing, options.span))
          ))
        )
      }))
  })
})

/**
 * Settings for one call or for all calls of an effect, over those that hold already.
 *
 * **Example** (one call at the priority tier)
 *
 * ```ts
 * import { LanguageModel } from "effect/ai"
 * import { FlexLanguageModel } from "effect-flexinference/ai"
 *
 * export const urgent = LanguageModel.generateText({ prompt: "Is it on fire?" }).pipe(
 *   FlexLanguageModel.withConfigOverride({ startWithin: "priority", reasoning: { effort: "low" } })
 * )
 * ```
 *
 * **Gotchas**
 *
 * A stream has no such call: give it `Config` with `Stream.provideService`.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withConfigOverride: {
  (
    overrides: typeof Config.Service
  ): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, Exclude<R, Config>>
  <A, E, R>(
    self: Effect.Effect<A, E, R>,
    overrides: typeof Config.Service
  ): Effect.Effect<A, E, Exclude<R, Config>>
} = dual(2, <A, E, R>(
  self: Effect.Effect<A, E, R>,
  overrides: typeof Config.Service
): Effect.Effect<A, E, Exclude<R, Config>> =>
  Effect.flatMap(
    Effect.serviceOption(Config),
    (outer) => Effect.provideService(self, Config, { ...Option.getOrUndefined(outer), ...overrides })
  ))

interface CurrentSettings extends Settings {
  readonly model: ModelName
  readonly startWithin: StartWithinInput
}

/** What holds for the call at hand. */
const currentSettings = (model: ModelName, config: Settings | undefined): Effect.Effect<CurrentSettings> =>
  Effect.gen(function*() {
    const override = Option.getOrUndefined(yield* Effect.serviceOption(Config))
    const scoped = yield* StartWithin
    return {
      ...config,
      ...override,
      model: override?.model ?? model,
      startWithin: override?.startWithin ?? scoped ?? config?.startWithin ?? "default"
    }
  })

interface Prepared {
  readonly request: ResponsesRequest
  readonly call: FlexInference.CallOptions | undefined
  readonly asked: ResponseParts.Asked
}

/** The request of a call, and what must be known of it to read its answer. */
const requestOf = (
  { call, fileIdPrefixes, startWithin, strictJsonSchema, text, ...settings }: CurrentSettings,
  options: LanguageModel.ProviderOptions
): Result.Result<Prepared, AiError.AiErrorReason> => {
  const transformer = RequestTools.codecTransformer(settings.model, settings.provider?.[0])
  const schemas = { transformer, strict: strictJsonSchema ?? true }
  const isStored = settings.store !== false
  // What the provider does not keep cannot be gone on from.
  const previous = isStored && options.incrementalPrompt !== undefined ? options.previousResponseId : undefined
  const prompt = previous === undefined ? options.prompt : options.incrementalPrompt ?? options.prompt
  return Result.gen(function*() {
    const start_within = yield* startWithinOf(startWithin)
    const input = yield* PromptInput.make(prompt, { fileIdPrefixes, isStored })
    const { toolChoice, tools } = yield* RequestTools.make(options, schemas)
    const format = yield* RequestTools.format(options.responseFormat, schemas)
    const include = new Set(settings.include)
    if (!isStored && OpenAIModel.of(settings.model)?.efforts.length !== 0) include.add("reasoning.encrypted_content")
    return {
      request: {
        ...settings,
        start_within,
        input,
        ...(include.size === 0 ? {} : { include: Array.from(include) }),
        ...(previous === undefined ? {} : { previous_response_id: previous }),
        ...(format === undefined && text === undefined
          ? {}
          : { text: { ...text, ...(format === undefined ? {} : { format }) } }),
        ...(tools === undefined ? {} : { tools }),
        ...(toolChoice === undefined ? {} : { tool_choice: toolChoice })
      },
      call,
      asked: { tools: options.tools, toolCallValidation: options.toolCallValidation, transformer }
    }
  })
}

/** Whether it is what stands on the wire already. */
const isField = (input: StartWithinInput): input is StartWithinField.StartWithin => StartWithinField.is(input)

const startWithinOf = (
  input: StartWithinInput
): Result.Result<StartWithinField.StartWithin, AiError.InvalidRequestError> => {
  if (isField(input)) return Result.succeed(input)
  const window = Option.map(Duration.fromInput(input), StartWithinField.fromDurationResult)
  return Option.isSome(window) && Result.isSuccess(window.value) ? Result.succeed(window.value.success) : Result.fail(
    new AiError.InvalidRequestError({
      parameter: "startWithin",
      constraint: "must be from 5 seconds to 10 minutes, or \"default\", \"priority\" or \"auto\"",
      description:
        `It is ${Option.isSome(window) ? Duration.format(Duration.fromInputUnsafe(input)) : String(input)}. ` +
        "Write \"30 seconds\", for example; a bare number counts milliseconds."
    })
  )
}

/** The last part of an answer, or why it is none. */
const finish = <Part>(
  method: Failure.Method,
  reader: ResponseParts.PartReader<Part>,
  routing: Routing,
  span: Span
) => {
  const finished = reader.finish(routing)
  if (Result.isFailure(finished)) {
    const problem = finished.failure
    return Effect.fail(
      problem._tag === "Unusable"
        ? Failure.make(method, problem.reason)
        : Failure.fromFlexInferenceError(method)(failed(problem, routing))
    )
  }
  const part = finished.success
  annotateResponse(span, part, reader.responseId(), routing)
  return Effect.succeed(part)
}

/** The failure that a provider reports in place of an answer, in the router's words. */
const failed = (
  { failure, response }: Extract<ResponseParts.Problem, { readonly _tag: "Failed" }>,
  routing: Routing
): FlexInferenceError => {
  const provider = providerOf(routing)
  return provider === undefined
    ? streamFailed({
      provider: routing.provider,
      message: failure.message,
      started: true,
      event: { error: { ...failure } }
    })
    : Verdict.bodyErrorOf(provider, failure, response)
}

const annotateRequest = (span: Span, request: ResponsesRequest): void =>
  Telemetry.addGenAIAnnotations(span, {
    operation: { name: "chat" },
    request: {
      model: request.model,
      temperature: request.temperature,
      topP: request.top_p,
      maxTokens: request.max_output_tokens
    }
  })

const annotateResponse = (
  span: Span,
  { reason, usage }: ResponseParts.FinishPart,
  id: string | undefined,
  routing: Routing
): void => {
  Telemetry.addGenAIAnnotations(span, {
    provider: { name: providerOf(routing)?.telemetryName ?? routing.provider },
    response: { id, model: routing.model, finishReasons: [reason] },
    usage: { inputTokens: usage.inputTokens.total, outputTokens: usage.outputTokens.total }
  })
  // By the names that the router's own span has.
  span.attribute(ServiceTier.served, routing.tier)
  span.attribute("flexinference.reason", routing.reason)
  span.attribute("flexinference.started_after_ms", Duration.toMillis(routing.startedAfter))
}
