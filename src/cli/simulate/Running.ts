/** The real router against the simulated providers, in virtual time: one request after the other, as the draws have it. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as FlexInference from "../../FlexInference.ts"
import * as Router from "../../Router.ts"
import type { Routing } from "../../Routing.ts"
import * as Behavior from "../../simulator/Behavior.ts"
import * as Simulator from "../../simulator/Simulator.ts"
import type { StartWithin } from "../../StartWithin.ts"
import * as Providers from "../Providers.ts"
import type { Outcome } from "./Bet.ts"
import * as VirtualTime from "./VirtualTime.ts"
import type { Draw } from "./World.ts"

/** Whoever decides, and what it is told with every request. */
export interface Policy {
  /** Provides the router with what it decides by, such as a memory of its legs. */
  readonly around: (router: Layer.Layer<Router.Router>) => Layer.Layer<Router.Router>
  readonly options?: Router.CallOptions | undefined
}

/** One way to ask, which is tried on all the draws. */
export interface Contender {
  readonly name: string
  readonly startWithin: StartWithin
  /** It decides by itself how much of the window it waits; without it every window is kept to the letter. */
  readonly policy?: Policy | undefined
}

/** What the router recorded of one request. */
export interface Measured extends Outcome {
  readonly costMicroUsd: number
  /** What standard would have cost. */
  readonly listMicroUsd: number
}

export interface Options {
  readonly model: string
  readonly standardMs: number
}

/** A router of its own for one contender; `ask` carries one request out, whose flex leg behaves as drawn. */
export const make = (contender: Contender, { model, standardMs }: Options) => {
  const time = VirtualTime.make()
  let current: Draw = { refused: false, startMs: 0 }
  const flex = (): Behavior.Behavior =>
    current.refused
      ? Behavior.refuse()
      : Number.isFinite(current.startMs)
      ? Behavior.answer({ startAfter: current.startMs, text: "Yes." })
      : Behavior.stall()
  const simulator = Simulator.layer({
    script: ({ tier }) => tier === "flex" ? flex() : Behavior.answer({ startAfter: standardMs, text: "Yes." }),
    seed: 0,
    remember: 1
  })
  const router = Router.layerTransport({ providers: Providers.pretended, simulated: true }).pipe(
    Layer.provide(simulator)
  )
  const { policy } = contender
  const layer = Layer.provide(FlexInference.layerRouter, policy === undefined ? router : policy.around(router))
  const services = time.run(Layer.buildWithScope(layer, Scope.makeUnsafe()))

  const request = Effect.gen(function*() {
    const { responses } = yield* FlexInference.FlexInference
    const { events, report } = yield* responses.open({
      model,
      input: "Is it worth waiting?",
      start_within: contender.startWithin
    }, policy?.options)
    yield* Stream.runDrain(events)
    return measured(yield* report)
  }).pipe(Effect.scoped, Effect.provide(services))

  return (draw: Draw): Measured => {
    current = draw
    return time.run(request)
  }
}

const measured = ({ costMicroUsd = 0, legs, savingMicroUsd = 0, startedAfter, tier }: Routing): Measured => ({
  flex: tier === "flex",
  beaten: tier !== "flex" && legs.some((leg) => leg.tier === "flex" && leg.outcome === "aborted"),
  startedMs: Duration.toMillis(startedAfter),
  costMicroUsd,
  listMicroUsd: costMicroUsd + savingMicroUsd
})
