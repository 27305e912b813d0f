/**
 * Whether a request is raced, and for how long flex is waited for: a pure decision on what a window, a price list and the
 * legs of the past say. `FlexMemory` gathers that and asks; without a `FlexMemory` every window is kept to the letter.
 *
 * A race is a bet. Standard costs 1 and starts at once, flex costs *f* and starts some time or never, a second of the
 * caller's costs *λ* and a flex leg that is beaten *w*. Waiting until *τ* is worth
 *
 *     V(τ) = (1-f) F(τ) - λ ∫₀^τ (1-F) - w (1-F(τ))
 *
 * where *F* is how likely flex is to have started. `make` waits for as long as that is largest, and not at all where it
 * is never above 0. With a λ and nothing known it waits `(1-f)/λ`: whenever flex starts, that costs at most `2-f` times
 * what it would have cost to know. Without a λ waiting costs nothing, and the window is kept to the letter unless flex
 * has as good as no chance; then one request at a time still tries.
 *
 * A policy can only shorten the wait. What is left of a window is kept whatever it says.
 *
 * **Example** (a policy of one's own)
 *
 * Long windows are kept to the letter; short ones are not raced where most legs were refused; the rest is left to the
 * built-in policy. The program is whole: it runs on simulated providers.
 *
 * ```ts
 * import { Duration, Effect, Layer, Redacted } from "effect"
 * import { FlexInference, FlexMemory, FlexPolicy, type StartWithin } from "effect-flexinference"
 * import { Behavior, Script, Simulator } from "effect-flexinference/testing"
 *
 * const busyOrPatient: FlexPolicy.FlexPolicy = (bet) => {
 *   if (Duration.isGreaterThan(bet.window, Duration.minutes(5))) return FlexPolicy.patient(bet)
 *   const { refusalRate = 0 } = bet.estimate
 *   return refusalRate > 0.5 ? FlexPolicy.skip("flex_too_busy") : FlexPolicy.decide(bet)
 * }
 *
 * const layer = FlexInference.layer({ openai: { apiKey: Redacted.make("sk-…") } }).pipe(
 *   Layer.provideMerge(FlexMemory.layer({ policy: busyOrPatient })),
 *   Layer.provide(Simulator.layer({ script: Script.byTier({ flex: Behavior.refuse() }) }))
 * )
 *
 * export const program = Effect.gen(function*() {
 *   const { responses } = yield* FlexInference.FlexInference
 *   const { estimate } = yield* FlexMemory.FlexMemory
 *   const ask = (start_within: StartWithin.StartWithin) =>
 *     Effect.map(
 *       responses.create({ model: "gpt-5.5", input: "Hello!", start_within }),
 *       ({ usage }) => usage?.routing?.reason
 *     )
 *   const reasons = [yield* ask("00h-00m-30s"), yield* ask("00h-00m-30s"), yield* ask("00h-10m-00s")]
 *   const known = yield* estimate("openai", "gpt-5.5")
 *   const { refusalRate, stallRate } = known
 *   return { reasons, refusalRate, stallRate, median: FlexPolicy.startQuantile(known, 0.5) }
 * }).pipe(Effect.provide(layer))
 * ```
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Estimate from "./policy/Estimate.ts"
import type { Prices } from "./policy/PromptCache.ts"
import * as StartCurve from "./policy/StartCurve.ts"

export { chance, type Estimate, type Outcome, type Result, startQuantile } from "./policy/Estimate.ts"
export type { Prices, TierPrices } from "./policy/PromptCache.ts"
export type { Observation, StartCurve, Step } from "./policy/StartCurve.ts"

/** What is at stake in a race. Prices are in any one unit, all of them. */
export interface Bet {
  /** How long flex has to start, by its caller's word. */
  readonly window: Duration.Duration
  /** Epoch milliseconds. */
  readonly now: number
  /** What is known of the model's flex tier. */
  readonly estimate: Estimate.Estimate
  /** What the answer costs at either tier. */
  readonly prices: Prices
  /** How many answers of the same conversation there were; 0 where that is not known. */
  readonly turns: number
  /** What a second of waiting costs the caller; `undefined` where nobody said. */
  readonly secondPrice: number | undefined
  /** What a flex leg costs that is beaten by standard. */
  readonly overlap: number
}

/** Why a race is not run: one of the words of the built-in policy, or one of your own (it becomes a header). */
export type SkipReason = "flex_cooling" | "cache_affinity" | (string & {})

/** Flex runs alone for this long, or for the window where that is shorter. */
export interface Race {
  readonly _tag: "Race"
  readonly wait: Duration.Duration
}

/** The same for the one request that tries; while it is under way, others are skipped with `flex_cooling`. */
export interface Probe {
  readonly _tag: "Probe"
  readonly wait: Duration.Duration
}

/** The standard tier is asked at once. */
export interface Skip {
  readonly _tag: "Skip"
  readonly reason: SkipReason
}

/** What is done with a request that has a window. */
export type Decision = Race | Probe | Skip

/** Decides. It is asked once for every request that has a window, so it has to be quick. */
export type FlexPolicy = (bet: Bet) => Decision

/**
 * Runs the race.
 *
 * @since 0.1.0
 * @category constructors
 */
export const race = (wait: Duration.Input): Race => ({ _tag: "Race", wait: Duration.fromInputUnsafe(wait) })

/**
 * Runs the race if no other request is trying.
 *
 * **Example** (nobody waits for flex by night, but one)
 *
 * ```ts
 * import { FlexPolicy } from "effect-flexinference"
 *
 * export const nocturnal: FlexPolicy.FlexPolicy = (bet) => {
 *   const isNight = new Date(bet.now).getUTCHours() < 6
 *   return isNight ? FlexPolicy.probe(bet.window) : FlexPolicy.race(bet.window)
 * }
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const probe = (wait: Duration.Input): Probe => ({ _tag: "Probe", wait: Duration.fromInputUnsafe(wait) })

/**
 * Asks the standard tier at once.
 *
 * @since 0.1.0
 * @category constructors
 */
export const skip = (reason: SkipReason): Skip => ({ _tag: "Skip", reason })

/** What the built-in policy can be told. */
export interface Options {
  /**
   * Flex is not waited for where the chance that it serves within the window is smaller than this.
   * @default 0.1
   */
  readonly hopeless?: number | undefined
  /**
   * How long after a refusal one request tries again. Being refused costs next to nothing.
   * @default "1 minute"
   */
  readonly probeAfterRefusal?: Duration.Input | undefined
  /**
   * How long after a leg that did not start in time one request tries again. That costs its caller the window.
   * @default "5 minutes"
   */
  readonly probeAfterStall?: Duration.Input | undefined
  /**
   * How many turns a conversation is expected to go on for; one that has had more of them, for as many again.
   * @default 20
   */
  readonly turnsAhead?: number | undefined
}

/**
 * Keeps every window to the letter, whatever is known.
 *
 * @since 0.1.0
 * @category policies
 */
export const patient: FlexPolicy = ({ window }) => race(window)

/**
 * The built-in policy, as its options have it.
 *
 * **Example** (a policy that gives up sooner, and never on good odds)
 *
 * ```ts
 * import { FlexPolicy } from "effect-flexinference"
 *
 * const hasty = FlexPolicy.make({ hopeless: 0.3, probeAfterStall: "10 minutes" })
 *
 * export const policy: FlexPolicy.FlexPolicy = (bet) =>
 *   FlexPolicy.chance(bet.estimate, 30_000) > 0.9 ? FlexPolicy.patient(bet) : hasty(bet)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): FlexPolicy => {
  const { hopeless = 0.1, probeAfterRefusal = "1 minute", probeAfterStall = "5 minutes", turnsAhead = 20 } = options
  const afterRefusal = Duration.toMillis(probeAfterRefusal)
  const afterStall = Duration.toMillis(probeAfterStall)
  return (bet) => {
    const { estimate, now, turns } = bet
    const window = Duration.toMillis(bet.window)
    const gain = gainOf(bet, window, turnsAhead)
    if (gain < 0) return skip(turns > 0 ? "cache_affinity" : "flex_cooling")
    const wait = bestWait(bet, gain, window)
    const tried = wait ?? hedge(bet, gain, window)
    const recently = Estimate.run(estimate, tried)
    const isHopeless = Estimate.chance(estimate, tried) < hopeless || isBroken(recently)
    if (wait !== undefined && !isHopeless) return race(wait)
    const pause = recently.last?.result === "refused" ? afterRefusal : afterStall
    const isDue = recently.failures === 0 || recently.last === undefined || now - recently.last.at >= pause
    return isDue ? probe(tried) : skip("flex_cooling")
  }
}

/**
 * The built-in policy as it comes.
 *
 * @since 0.1.0
 * @category policies
 */
export const decide: FlexPolicy = make()

/** So unlikely a run of failures is no bad luck, even among a million. */
const noBadLuck = 1e-6

/** Whether flex has just stopped serving: it fails more often in a row than its past explains. */
const isBroken = ({ before, failures }: Estimate.Run): boolean => (1 - before) ** failures < noBadLuck

/**
 * What it is worth that flex serves and not standard: the difference in price now, and for a conversation what its cache
 * on flex saves in the turns to come, in as many of them as flex serves. There it has served once more by then, and the
 * cache that the conversation has on standard stays warm beside it.
 */
const gainOf = ({ estimate, prices: { flex, standard }, turns }: Bet, window: number, ahead: number): number => {
  const now = standard.now - flex.now
  if (now >= 0 || turns === 0) return now
  const told = estimate.refused + estimate.watched
  const serves = (Estimate.chance(estimate, window) * (told + 1) + 1) / (told + 2)
  return now + Math.max(turns, ahead) * serves * (standard.warm - flex.warm)
}

/** The wait of whoever knows nothing of flex: until it has cost as much as flex can save. */
const hedge = ({ secondPrice = 0 }: Bet, gain: number, window: number): number =>
  secondPrice > 0 ? Math.min(window, Math.floor(gain / secondPrice * 1000)) : window

/** From so many legs on there is a distribution to speak of, if no more than this is unknown of where it ends. */
const fewest = 3
const mostUnknown = 0.25

/** How long to wait so that it is worth most, in milliseconds; `undefined` where nothing is worth it. */
const bestWait = (bet: Bet, gain: number, window: number): number | undefined => {
  const { estimate: { starts }, overlap, secondPrice = 0 } = bet
  // Waiting is for nothing then, and so is being beaten.
  if (secondPrice <= 0 && overlap <= 0) return window
  const first = hedge(bet, gain, window)
  const { late, started } = StartCurve.evidence(starts, first)
  const unknown = (1 - StartCurve.startedBy(starts, first)) / (late + 1)
  if (started + late < fewest || unknown > mostUnknown) return first
  const worth = (share: number, waited: number) => gain * share - secondPrice * waited / 1000 - overlap * (1 - share)
  if (secondPrice <= 0) {
    return worth(StartCurve.startedBy(starts, window), 0) < 0 ? undefined : window
  }
  let best: number | undefined
  let most = 0
  let waited = 0
  let share = 0
  let from = 0
  for (const step of starts.steps) {
    if (step.after > window) break
    waited += (1 - share) * (step.after - from)
    share = step.share
    from = step.after
    const value = worth(share, waited)
    if (value > most) {
      most = value
      best = step.after
    }
  }
  return best
}
