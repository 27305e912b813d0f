/** Gateways on a free port of the loopback interface, for tests that talk to them as any client would. */
import { assert } from "@effect/vitest"
import { Context, Effect, Layer, Redacted, Result, type Scope } from "effect"
import { HttpServer } from "effect/http"
import { internal } from "../../src/FlexInferenceError.ts"
import * as Gateway from "../../src/gateway/Gateway.ts"
import * as UndiciTransport from "../../src/transport/UndiciTransport.ts"
import * as Router from "../../src/Router.ts"
import { type Script, Simulator } from "../../src/simulator/index.ts"

const address = HttpServer.addressFormattedWith(Effect.succeed)

const connection = (baseUrl: string): Router.Options["openai"] => ({
  baseUrl,
  apiKey: Redacted.make("sk-upstream-secret")
})

/** A gateway before simulated providers, with the simulator's controls. */
export const onSimulator = (
  options: {
    readonly script?: Script.Script
    readonly gateway?: Gateway.Options
    readonly router?: Partial<Router.Options>
  }
): Effect.Effect<{ readonly url: string; readonly simulator: Simulator.Simulator["Service"] }, never, Scope.Scope> =>
  Effect.gen(function*() {
    const context = yield* Layer.build(
      Gateway.layer({ port: 0, ...options.gateway }).pipe(
        Layer.provide(Router.layer({
          simulated: true,
          openai: connection("https://api.openai.com/v1"),
          google: connection("https://generativelanguage.googleapis.com"),
          anthropic: connection("https://api.anthropic.com"),
          ...options.router
        })),
        Layer.provideMerge(Simulator.layer({ seed: 1, script: options.script }))
      )
    )
    return {
      url: yield* Effect.provideContext(address, context),
      simulator: Context.get(context, Simulator.Simulator)
    }
  }).pipe(Effect.orDie)

/** A gateway all of whose providers are whatever listens at an address. */
export const before = (
  baseUrl: string,
  gateway?: Gateway.Options
): Effect.Effect<string, never, Scope.Scope> =>
  Layer.build(
    Gateway.layer({ port: 0, ...gateway }).pipe(
      Layer.provide(Router.layerTransport({
        openai: connection(baseUrl),
        google: connection(baseUrl),
        anthropic: connection(baseUrl)
      })),
      Layer.provide(UndiciTransport.layer())
    )
  ).pipe(
    Effect.flatMap((context) => Effect.provideContext(address, context)),
    Effect.orDie
  )

/** A gateway before a router that does only what the test says. */
export const onRouter = (
  open: Router.Router["Service"]["open"],
  gateway?: Gateway.Options
): Effect.Effect<string, never, Scope.Scope> =>
  Layer.build(
    Gateway.layer({ port: 0, ...gateway }).pipe(Layer.provide(Layer.succeed(Router.Router, {
      open,
      count: () => Effect.die("asked to count"),
      plan: () => Result.fail(internal("asked to plan")),
      over: () => assert.fail("asked to call by another transport")
    })))
  ).pipe(
    Effect.flatMap((context) => Effect.provideContext(address, context)),
    Effect.orDie
  )
