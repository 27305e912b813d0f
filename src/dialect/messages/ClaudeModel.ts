/**
 * What a generation of Claude accepts, as data keyed by the model's name. Only a translated request needs it: the
 * hub leaves out what Messages requires, and may carry what a model refuses.
 *
 * Wire facts, 2026-11-25: vendor documentation (thinking and effort by model, migration guides of Opus 5.5 and Fable
 * 5.1) and the capability table of the Vercel AI SDK 4. `temperature`, `top_p` and `top_k` are refused after generation
 * 4.6, on any API version; adaptive thinking begins with 4.6, and the begun answer ends before it. Effort begins with
 * Opus 4.5, `max` with 4.6 and `xhigh` with 4.7.
 */
import type { Effort } from "../Effort.ts"
import { between } from "../Effort.ts"

export interface ClaudeModel {
  /** Whether `temperature`, `top_p` and `top_k` are accepted. */
  readonly sampling: boolean
  /** The levels of effort it knows; empty where it refuses the member. */
  readonly efforts: ReadonlyArray<Effort>
  /** Whether `thinking: { type: "adaptive" }` is accepted. */
  readonly adaptiveThinking: boolean
  /** How it is told not to think first; `undefined` where it cannot be told, or never does. */
  readonly withoutThinking: "disabled" | "between_tools" | undefined
  /** Whether a tool can be forced. */
  readonly forcedTools: boolean
  /** Whether it goes on with an answer that the request begins. */
  readonly prefill: boolean
  /** Whether an answer or a call can be held to a schema. */
  readonly structured: boolean
  /**
   * Tokens to allow where the caller set no limit. Messages requires `max_tokens`, the hub does not: this is the
   * model's maximum up to generation 4.5, and the same for the newer ones, which allow more.
   */
  readonly maxTokens: number
}

/** The generation in hundredths (4.6 is 406); a name without a number is taken for one of the newest. */
const generationOf = (model: string): number => {
  const match = /claude-(?:[a-z]+-)?(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)/.exec(model)
  return match === null ? Number.POSITIVE_INFINITY : Number(match[1]) * 100 + Number(match[2] ?? 0)
}

const maxTokensOf = (generation: number, model: string): number => {
  if (generation < 305) return 4096
  if (generation < 307) return 8192
  return generation < 405 && model.includes("opus") ? 32_000 : 64_000
}

const effortsOf = (generation: number, isOpus: boolean): ReadonlyArray<Effort> => {
  if (generation < 405) return []
  if (generation === 405) return isOpus ? between("low", "high") : []
  return between("low", "max", ...(generation === 406 ? ["xhigh" as const] : []))
}

/** The facts of a model. */
export const of = (model: string): ClaudeModel => {
  const generation = generationOf(model)
  const isOpus = model.includes("opus")
  const isHaiku = model.includes("haiku")
  // Fable and Mythos always think, the other large ones from 5.5 on.
  const isAlways = /fable|mythos/.test(model) || (generation >= 505 && !isHaiku)
  return {
    sampling: generation <= 406,
    efforts: effortsOf(generation, isOpus),
    adaptiveThinking: generation >= 406,
    withoutThinking: isAlways
      ? model.includes("sonnet") ? "between_tools" : undefined
      : generation < 307
      ? undefined
      : "disabled",
    forcedTools: !isAlways || generation === 500,
    prefill: generation < 406,
    structured: generation >= 405 || (generation === 401 && isOpus),
    maxTokens: maxTokensOf(generation, model)
  }
}
