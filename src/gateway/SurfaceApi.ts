/**
 * The surfaces as a group of a user's own `HttpApi`: they stand in its OpenAPI document and behind its middleware, and
 * answer as the gateway does, streams and error envelopes included.
 *
 * **Example** (an API of one's own, with the surfaces under `/ai`)
 *
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { HttpApi, HttpApiBuilder } from "effect/http-api"
 * import { SurfaceApi } from "effect-flexinference/gateway"
 *
 * class Api extends HttpApi.make("shop").add(SurfaceApi.group.prefix("/ai")) {}
 *
 * export const surfaces = HttpApiBuilder.group(Api, "flexinference", Effect.fnUntraced(function*(handlers) {
 *   const answer = yield* SurfaceApi.handlers()
 *   return handlers
 *     .handleRaw("responses", answer.responses)
 *     .handleRaw("chatCompletions", answer.chatCompletions)
 *     .handleRaw("interactions", answer.interactions)
 *     .handleRaw("messages", answer.messages)
 * }))
 *
 * export const api = HttpApiBuilder.layer(Api).pipe(Layer.provide(surfaces))
 * ```
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import type * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import type * as Scope from "effect/Scope"
import { type ChatCompletion, ChatRequest } from "../api/ChatCompletions.ts"
import { type Interaction, InteractionRequest } from "../api/Interactions.ts"
import { type Message, MessageRequest } from "../api/Messages.ts"
import { type ResponseObject, ResponsesRequest } from "../api/Responses.ts"
import type { Router } from "../Router.ts"
import * as Gateway from "./Gateway.ts"

/** An answer is never validated: its type is the vendor's promise. */
const promised = <Body>() =>
  Schema.Record(Schema.String, Schema.Json).pipe(
    Schema.decodeTo(Schema.declare((_value): _value is Body => true), {
      decode: SchemaGetter.passthrough({ strict: false }),
      encode: SchemaGetter.passthrough({ strict: false })
    })
  )

/**
 * The four surfaces, each in its vendor's own types. A client that is derived from it reads whole answers; a stream is
 * read as the server-sent events that it is.
 *
 * @since 0.1.0
 * @category api
 */
export class group extends HttpApiGroup.make("flexinference").add(
  HttpApiEndpoint.post("responses", "/v1/responses", {
    payload: ResponsesRequest,
    success: promised<ResponseObject>()
  }),
  HttpApiEndpoint.post("chatCompletions", "/v1/chat/completions", {
    payload: ChatRequest,
    success: promised<ChatCompletion>()
  }),
  HttpApiEndpoint.post("interactions", "/v1/interactions", {
    payload: InteractionRequest,
    success: promised<Interaction>()
  }),
  HttpApiEndpoint.post("messages", "/v1/messages", { payload: MessageRequest, success: promised<Message>() })
) {}

/** Answers one endpoint, given to `handleRaw`. */
export type Handler = (call: {
  readonly request: HttpServerRequest.HttpServerRequest
}) => Effect.Effect<HttpServerResponse.HttpServerResponse, never, Scope.Scope>

/**
 * The handlers of the group. Who may ask is the API's own to decide: without `keys`, and without a middleware that
 * provides `Gateway.CurrentOwner`, only requests of this machine's own are answered.
 *
 * @since 0.1.0
 * @category handlers
 */
export const handlers = (
  options?: Parameters<typeof Gateway.routes>[0]
): Effect.Effect<
  { readonly [surface in "responses" | "chatCompletions" | "interactions" | "messages"]: Handler },
  never,
  Router | Scope.Scope
> =>
  Effect.map(HttpRouter.toHttpEffect(Gateway.routes(options)), (routed) => {
    const at = (path: `/${string}`): Handler => ({ request }) => {
      // The group may stand under any prefix; the routes know their own paths.
      const query = request.url.indexOf("?")
      const url = query === -1 ? path : `${path}${request.url.slice(query)}`
      return routed.pipe(
        Effect.provideService(HttpServerRequest.HttpServerRequest, request.modify({ url })),
        Effect.orDie
      )
    }
    return {
      responses: at("/v1/responses"),
      chatCompletions: at("/v1/chat/completions"),
      interactions: at("/v1/interactions"),
      messages: at("/v1/messages")
    }
  })
