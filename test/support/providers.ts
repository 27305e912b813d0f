/** The simulated providers on a port, for programs that run in a process of their own. */
import { NodeHttpServer } from "@effect/platform-node"
import { Context, Effect, Layer, type Scope } from "effect"
import { HttpBody, HttpClientRequest, HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import * as Simulator from "../../src/simulator/Simulator.ts"

const handOn = Effect.gen(function*() {
  const { client } = yield* Simulator.Simulator
  const request = yield* HttpServerRequest.HttpServerRequest
  const response = yield* client.execute(
    HttpClientRequest.post(`https://provider.test${request.url}`, {
      headers: request.headers,
      body: HttpBody.text(yield* request.text, "application/json")
    })
  )
  return HttpServerResponse.stream(response.stream, { status: response.status, headers: response.headers })
})

/** Where they answer. */
export const listening: Effect.Effect<string, never, Scope.Scope> = Layer.build(
  HttpServer.serve(handOn).pipe(
    Layer.provide(Simulator.layer()),
    Layer.provideMerge(NodeHttpServer.layerTest)
  )
).pipe(
  Effect.flatMap((context) =>
    HttpServer.addressFormattedWith(Effect.succeed).pipe(
      Effect.provideService(HttpServer.HttpServer, Context.get(context, HttpServer.HttpServer))
    )
  ),
  Effect.orDie
)
