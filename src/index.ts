/**
 * A deadline-aware, OpenAI-compatible inference router for Effect.
 */

/** Keeps translated answers, so that they can be continued. */
export * as AnswerStore from "./AnswerStore.ts"
/** Keeps the records of requests in files, and reads them. */
export * as AttemptFiles from "./AttemptFiles.ts"
/** Receives the record of every request. */
export * as AttemptLog from "./AttemptLog.ts"
/** Effect's metrics of all requests. */
export * as AttemptMetrics from "./AttemptMetrics.ts"
/** Request, body and event types of OpenAI Chat Completions. */
export * as ChatCompletions from "./api/ChatCompletions.ts"
/** The field that makes a request deferred. */
export * as CompleteWithin from "./CompleteWithin.ts"
/** What an answer cost. */
export * as Cost from "./Cost.ts"
/** The moment by which whoever asked needs an answer. */
export * as Deadline from "./Deadline.ts"
/** The contract of a wire format. */
export * as Dialect from "./Dialect.ts"
/** Whether the process that serves requests is about to end. */
export * as Draining from "./Draining.ts"
/** The service programs use: four surfaces, and the layers that serve them. */
export * as FlexInference from "./FlexInference.ts"
/** Every error a caller can meet. */
export * as FlexInferenceError from "./FlexInferenceError.ts"
/** What is remembered of flex tiers and prompt caches; a program without one keeps every window to the letter. */
export * as FlexMemory from "./FlexMemory.ts"
/** Whether a request is raced and for how long: a decision of your own takes its place. */
export * as FlexPolicy from "./FlexPolicy.ts"
/** The race of two legs, for any pair of effects. */
export * as FlexRace from "./FlexRace.ts"
/** Request, body and event types of Google Interactions. */
export * as Interactions from "./api/Interactions.ts"
/** Request, body and event types of Anthropic Messages. */
export * as Messages from "./api/Messages.ts"
/** Models as data: who serves them, at which tiers, at what price. */
export * as ModelCatalog from "./ModelCatalog.ts"
/** The contract of who serves a model: bring a provider of your own. */
export * as Provider from "./Provider.ts"
/** Request, body and event types of OpenAI Responses. */
export * as Responses from "./api/Responses.ts"
/** Reads Responses, through which all formats translate, for whoever writes another format. */
export * as ResponsesReader from "./dialect/responses/Reader.ts"
/** Writes Responses, through which all formats translate, for whoever reads another format. */
export * as ResponsesWriter from "./dialect/responses/Writer.ts"
/** The service that carries plans out, on text and frames. */
export * as Router from "./Router.ts"
/** The request fields the router owns. */
export * as RequestFields from "./RequestFields.ts"
/** The plan of a request and the record of what came of it. */
export * as Routing from "./Routing.ts"
/** The field that makes a request deadline-aware. */
export * as StartWithin from "./StartWithin.ts"
/** The port that a call to a provider leaves by. */
export * as Transport from "./Transport.ts"
/** What an answer used, in tokens. */
export * as Usage from "./Usage.ts"
