/**
 * Which behavior a simulated provider shows to which call.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type { DialectName } from "../Dialect.ts"
import type { JsonObject } from "../wire/Json.ts"
import type { ProviderName, Tier } from "../ModelCatalog.ts"
import type { Prompt } from "./Answer.ts"
import * as Behavior from "./Behavior.ts"

/** A call as a script sees it. */
export interface Call {
  readonly provider: ProviderName
  readonly dialect: DialectName
  readonly tier: Tier
  readonly model: string
  readonly stream: boolean
  readonly body: JsonObject
  readonly prompt: Prompt
  /** How many calls came before this one. */
  readonly index: number
  /** How many calls to the same provider at the same tier came before this one. */
  readonly turn: number
}

/** Chooses a behavior, with or without the help of an effect such as a random draw. */
export type Script = (call: Call) => Behavior.Behavior | Effect.Effect<Behavior.Behavior>

/** One behavior, or one after the other; the last one stays. */
export type Turns = Behavior.Behavior | readonly [Behavior.Behavior, ...ReadonlyArray<Behavior.Behavior>]

const at = (turns: Turns, turn: number): Behavior.Behavior =>
  "fault" in turns ? turns : turns[Math.min(turn, turns.length - 1)] ?? turns[0]

/**
 * The same for every call.
 *
 * @since 0.1.0
 * @category constructors
 */
export const always = (behavior: Behavior.Behavior): Script => () => behavior

/**
 * One behavior after the other, whatever the call; the last one stays.
 *
 * @since 0.1.0
 * @category constructors
 */
export const inTurn = (...turns: readonly [Behavior.Behavior, ...ReadonlyArray<Behavior.Behavior>]): Script => (call) =>
  at(turns, call.index)

/**
 * By the tier that was asked for; a tier that is not named answers at once.
 *
 * @since 0.1.0
 * @category constructors
 */
export const byTier = (tiers: { readonly [tier in Tier]?: Turns }): Script => (call) =>
  at(tiers[call.tier] ?? Behavior.answer(), call.turn)

/**
 * By provider; one that is not named answers at once.
 *
 * **Example** (by provider, by tier, in turn)
 *
 * ```ts
 * import { Behavior, Script } from "effect-flexinference/testing"
 *
 * export const script = Script.byProvider({
 *   openai: Script.byTier({ flex: Behavior.stall() }),
 *   google: Script.inTurn(Behavior.refuse(), Behavior.answer()),
 *   anthropic: Script.always(Behavior.answer({ text: "Hello!" }))
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const byProvider = (providers: { readonly [provider in ProviderName]?: Script }): Script => (call) =>
  (providers[call.provider] ?? always(Behavior.answer()))(call)
