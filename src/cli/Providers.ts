/** The providers a command works with: those whose keys are in the environment, or simulated ones where there is none. */
import type * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Provider from "../Provider.ts"
import * as Router from "../Router.ts"
import * as Simulator from "../simulator/Simulator.ts"
import * as Outgoing from "./Outgoing.ts"

/** What was found, and the router over it. */
export interface Providers {
  /** The providers by name, or `simulated` alone. */
  readonly names: ReadonlyArray<string>
  readonly simulated: boolean
  readonly router: Layer.Layer<Router.Router>
}

/** Every built-in provider, with a key that only a simulated one takes. */
export const pretended = Object.values(Router.providers).map((provider) =>
  Provider.connect(provider, { apiKey: Redacted.make("sk-simulated") })
)

/** Looks for keys in the environment. */
export const find = (
  options?: Pick<Router.Options, "defaultStartWithin" | "dropUnsupported" | "providers" | "secrets">
): Effect.Effect<Providers, Config.ConfigError> =>
  Effect.zipWith(Router.config, Outgoing.transport, (found, transport) => {
    const own = options?.providers ?? []
    // What is configured stands in the place of what is found in the environment.
    const isOwn = (name: string) => own.some(({ provider }) => provider.name === name)
    const providers = [...found.filter(({ provider }) => !isOwn(provider.name)), ...own]
    return providers.length === 0
      ? {
        names: ["simulated"],
        simulated: true,
        router: Layer.provide(
          Router.layerTransport({ ...options, providers: pretended, simulated: true }),
          Simulator.layer(Simulator.demo)
        )
      }
      : {
        names: providers.map(({ provider }) => provider.name),
        simulated: false,
        router: Layer.provide(Router.layerTransport({ ...options, providers }), transport)
      }
  })
