/**
 * What a generation of Claude accepts, as data keyed by the model's name. Only a translated request needs it: the
 * hub leaves out what Messages requires, and may carry what newer models refuse.
 *
 * Wire facts: vendor documentation. `temperature` and `top_p` are refused after generation 4.6, on any API version;
 * adaptive thinking begins with 4.6.
 */

export interface ClaudeModel {
  /** Whether `temperature` and `top_p` are accepted. */
  readonly sampling: boolean
  /** Whether `thinking: { type: "adaptive" }` is accepted. */
  readonly adaptiveThinking: boolean
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

/** The facts of a model. */
export const of = (model: string): ClaudeModel => {
  const generation = generationOf(model)
  return {
    sampling: generation <= 406,
    adaptiveThinking: generation >= 406,
    maxTokens: maxTokensOf(generation, model)
  }
}
