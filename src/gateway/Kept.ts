/** What a gateway keeps from one request to the next: answers, and what it has learned of flex. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as AnswerStore from "../AnswerStore.ts"
import * as FlexMemory from "../FlexMemory.ts"
import type { Options } from "./GatewayOptions.ts"

/** Where answers are kept: whoever provides a store has it replace the gateway's own. */
export const answersOf = (
  options: Pick<Options, "answers"> | undefined
): Effect.Effect<AnswerStore.AnswerStore["Service"]> =>
  Effect.map(
    Effect.serviceOption(AnswerStore.AnswerStore),
    Option.getOrElse(() => AnswerStore.make(options?.answers))
  )

/** What is remembered of flex: whoever provides a memory has it replace the gateway's own. */
export const memoryOf = (
  options: Pick<Options, "adaptive" | "flexSlots"> | undefined
): Effect.Effect<FlexMemory.FlexMemory["Service"]> =>
  Effect.map(
    Effect.serviceOption(FlexMemory.FlexMemory),
    Option.getOrElse(() =>
      FlexMemory.make({ adaptive: options?.adaptive, slots: options?.flexSlots ?? { total: 5000 } })
    )
  )

/**
 * Gives requests what is kept. Where a request has it already nothing is added, as the context of a whole gateway does:
 * a context that is put together anew is a copy of everything in it.
 */
export const remembering = (
  answers: AnswerStore.AnswerStore["Service"],
  memory: FlexMemory.FlexMemory["Service"]
) =>
<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.updateContext(
    effect,
    (context: Context.Context<R>) =>
      having(having(context, AnswerStore.AnswerStore, answers), FlexMemory.FlexMemory, memory)
  )

const having = <R, I, S>(context: Context.Context<R>, key: Context.Key<I, S>, service: NoInfer<S>) =>
  Context.getOrUndefined(context, key) === service ? context : Context.add<R, I, S>(context, key, service)
