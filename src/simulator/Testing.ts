/**
 * A service that uses `FlexInference`, tested: the layer for the usual cases in one line, and time that passes when the
 * test says so.
 *
 * **Example** (flex stalls, so standard answers at the deadline)
 *
 * ```ts
 * import { assert, it } from "@effect/vitest"
 * import { Effect, Fiber } from "effect"
 * import { FlexInference } from "effect-flexinference"
 * import { Testing } from "effect-flexinference/testing"
 *
 * it.effect("answers at the deadline", () =>
 *   Effect.gen(function*() {
 *     const flex = yield* FlexInference.FlexInference
 *     const fiber = yield* Effect.forkChild(
 *       flex.responses.create({ model: "gpt-5.5", input: "Hi", start_within: "2 minutes" })
 *     )
 *     yield* Testing.passTime("2 minutes")
 *     const response = yield* Fiber.join(fiber)
 *     assert.strictEqual(FlexInference.outputText(response), "Hello!")
 *     assert.strictEqual(response.usage?.routing?.reason, "flex_deadline")
 *   }).pipe(Effect.provide(Testing.layerTest({ flex: "stalls", text: "Hello!" }))))
 * ```
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import * as FlexInference from "../FlexInference.ts"
import * as Provider from "../Provider.ts"
import * as Router from "../Router.ts"
import * as Behavior from "./Behavior.ts"
import * as Script from "./Script.ts"
import * as Simulator from "./Simulator.ts"

/**
 * What a tier usually does: it answers, never starts, has no capacity, has a fault (500), or breaks the connection in
 * the middle of its answer.
 */
export type Usual = "answers" | "stalls" | "refuses" | "fails" | "breaks"

/** What the providers do, whichever is asked, and what the router over them is told. */
export interface Options {
  /**
   * A usual case, or a behavior of `Behavior`, or one behavior after the other.
   * @default "answers"
   */
  readonly flex?: Usual | Script.Turns | undefined
  /**
   * @default "answers"
   */
  readonly standard?: Usual | Script.Turns | undefined
  /**
   * @default "answers"
   */
  readonly priority?: Usual | Script.Turns | undefined
  /**
   * @default "answers"
   */
  readonly auto?: Usual | Script.Turns | undefined
  /** What every answer says, where its behavior does not; without it that follows from the request. */
  readonly text?: string | undefined
  /** Options of the router, such as `onDeadline`, and providers of one's own. */
  readonly router?: Router.Defaults | undefined
}

const usual = (what: Usual | Script.Turns, text: string | undefined): Script.Turns => {
  const answer: Behavior.Options = text === undefined ? {} : { text }
  switch (what) {
    case "answers":
      return Behavior.answer(answer)
    case "stalls":
      return Behavior.stall()
    case "refuses":
      return Behavior.refuse()
    case "fails":
      return Behavior.refuse({ status: 500 })
    case "breaks":
      return Behavior.cut(1, answer)
    default:
      return what
  }
}

/**
 * The script of these cases, for a simulator of one's own.
 *
 * **Example** (a script that a test puts in the place of another)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Simulator, Testing } from "effect-flexinference/testing"
 *
 * export const noFlex = Effect.flatMap(
 *   Effect.service(Simulator.Simulator),
 *   (simulator) => simulator.script(Testing.script({ flex: "refuses" }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const script = ({ auto, flex, priority, standard, text }: Omit<Options, "router">): Script.Script =>
  Script.byTier({
    flex: usual(flex ?? "answers", text),
    standard: usual(standard ?? "answers", text),
    priority: usual(priority ?? "answers", text),
    auto: usual(auto ?? "answers", text)
  })

const pretended = Object.values(Router.providers).map((provider) =>
  Provider.connect(provider, { apiKey: Redacted.make("sk-simulated") })
)

/**
 * `FlexInference` over simulated providers, with the `Simulator` that tells which calls were made and what became of
 * them. Every built-in provider has a key.
 *
 * | case | options | what the caller sees |
 * | --- | --- | --- |
 * | flex wins | `{}` | `flex_won` |
 * | flex stalls | `{ flex: "stalls" }` | `flex_deadline`, once `passTime` has passed the window |
 * | flex refuses | `{ flex: "refuses" }` | `flex_capacity`, at once |
 * | flex breaks off | `{ flex: "breaks" }` | a whole answer by `flex_recovered`; a stream fails with `StreamFailed` |
 * | both fail | `{ flex: "fails", standard: "fails" }` | a `FlexInferenceError` of reason `ProviderFailed` |
 *
 * It keeps nothing that changes how it behaves, so that it may be shared by tests; `Simulator.isolated` gives each its own
 * ledger as well.
 *
 * **Example** (both tiers fail)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { FlexInference } from "effect-flexinference"
 * import { Testing } from "effect-flexinference/testing"
 *
 * const reason = Effect.gen(function*() {
 *   const flex = yield* FlexInference.FlexInference
 *   const asked = flex.responses.create({ model: "gpt-5.5", input: "Hi", start_within: "30 seconds" })
 *   return (yield* Effect.flip(asked)).reason._tag
 * }).pipe(Effect.provide(Testing.layerTest({ flex: "fails", standard: "fails" })))
 *
 * await Effect.runPromise(reason) // => "ProviderFailed"
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerTest = (
  options: Options = {}
): Layer.Layer<FlexInference.FlexInference | Router.Router | Simulator.Simulator> => {
  const router = Router.layerTransport({
    ...options.router,
    providers: [...pretended, ...options.router?.providers ?? []]
  })
  return FlexInference.layerRouter.pipe(
    Layer.provideMerge(router),
    Layer.provideMerge(Simulator.layer({ script: script(options) }))
  )
}

/**
 * Lets time pass on the `TestClock`, once a call is under way: the latch that keeps a test from moving the clock before
 * anything waits for it.
 *
 * **Example** (ten minutes in a few milliseconds)
 *
 * ```ts
 * import { Effect, Fiber } from "effect"
 * import { TestClock } from "effect/testing"
 * import { FlexInference } from "effect-flexinference"
 * import { Testing } from "effect-flexinference/testing"
 *
 * const reason = Effect.gen(function*() {
 *   const flex = yield* FlexInference.FlexInference
 *   const asked = flex.responses.create({ model: "gpt-5.5", input: "Hi", start_within: "10 minutes" })
 *   const fiber = yield* Effect.forkChild(asked)
 *   yield* Testing.passTime("10 minutes")
 *   return (yield* Fiber.join(fiber)).usage?.routing?.reason
 * }).pipe(Effect.provide([Testing.layerTest({ flex: "stalls" }), TestClock.layer()]))
 *
 * await Effect.runPromise(reason) // => "flex_deadline"
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const passTime = (duration: Duration.Input): Effect.Effect<void, never, Simulator.Simulator> =>
  Effect.andThen(
    Effect.flatMap(
      Effect.service(Simulator.Simulator),
      (simulator) => simulator.until((calls) => calls.some(({ outcome }) => outcome === "open"))
    ),
    TestClock.adjust(duration)
  )
