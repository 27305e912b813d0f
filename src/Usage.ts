/**
 * What an answer used up, as its provider counts it.
 *
 * @since 0.1.0
 */

/** Token counts as all dialects share them: `input` includes what was cached, `output` includes reasoning. */
export interface Usage {
  readonly input: number
  readonly cachedInput: number
  readonly cacheWriteInput: number
  /** Of `cacheWriteInput`, what was written to stay longer: Anthropic's hour, OpenAI's twelve. */
  readonly longCacheWriteInput: number
  readonly output: number
  readonly reasoning: number
  readonly webSearches: number
}

/**
 * Nothing used up; the counts that a format lacks are its.
 *
 * @since 0.1.0
 * @category constants
 */
export const none: Usage = {
  input: 0,
  cachedInput: 0,
  cacheWriteInput: 0,
  longCacheWriteInput: 0,
  output: 0,
  reasoning: 0,
  webSearches: 0
}
