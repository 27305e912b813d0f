/** What the soak is told on its command line. */

export interface Options {
  readonly minutes: number
  /** Requests that are under way at once. */
  readonly callers: number
  readonly seed: number
}

const standard: Options = { minutes: 10, callers: 32, seed: 1 }

const usage = "usage: npm run soak -- [--minutes 10] [--callers 32] [--seed 1]"

export const parse = (args: ReadonlyArray<string>): Options => {
  const given = new Map<string, number>()
  for (let index = 0; index < args.length; index += 2) {
    const name = args[index] ?? ""
    const value = Number(args[index + 1])
    if (!["--minutes", "--callers", "--seed"].includes(name) || !(value > 0)) throw new Error(usage)
    given.set(name.slice(2), value)
  }
  return {
    minutes: given.get("minutes") ?? standard.minutes,
    callers: given.get("callers") ?? standard.callers,
    seed: given.get("seed") ?? standard.seed
  }
}
