/** What an answer used up, as its provider counts it. */

/** Token counts in one reckoning: `input` includes what was cached, `output` includes reasoning. */
export interface Usage {
  readonly input: number
  readonly cachedInput: number
  readonly cacheWriteInput: number
  readonly output: number
  readonly reasoning: number
  readonly webSearches: number
}
