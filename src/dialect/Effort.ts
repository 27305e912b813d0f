/**
 * How hard a model is to think, in the words that all vendors share. Not every model knows every level: a translated
 * request asks for the nearest one that its model has, so that no provider refuses what no caller wrote.
 */

/** From nothing to the most. */
export const levels = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const

export type Effort = typeof levels[number]

/** What a model offers from one level to another, `without` some in between. */
export const between = (from: Effort, to: Effort, ...without: ReadonlyArray<Effort>): ReadonlyArray<Effort> =>
  levels.slice(levels.indexOf(from), levels.indexOf(to) + 1).filter((level) => !without.includes(level))

/** Whether a word is one of the levels. */
export const isLevel = (word: string): word is Effort => levels.some((level) => level === word)

/** The nearest level that is offered; of two as near the one that thinks more. `undefined` where none is offered. */
export const nearest = (offered: ReadonlyArray<Effort>, asked: Effort): Effort | undefined => {
  const distance = (level: Effort): number => Math.abs(levels.indexOf(level) - levels.indexOf(asked))
  let best: Effort | undefined
  for (const level of levels) {
    if (offered.includes(level) && (best === undefined || distance(level) <= distance(best))) best = level
  }
  return best
}

/** Budgets of thinking tokens up to these are taken for low, and for medium effort; above is high. */
const lowBudget = 2048
const mediumBudget = 8192

/** The level that a budget of thinking tokens comes nearest to. */
export const ofBudget = (tokens: number): Effort =>
  tokens <= lowBudget ? "low" : tokens <= mediumBudget ? "medium" : "high"
