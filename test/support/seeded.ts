/** Made-up values from a seed: the same seed gives the same ones. */
export interface Seeded {
  /** An integer from 0 to below `bound`. */
  readonly below: (bound: number) => number
  /** True once in `times`. */
  readonly once: (times: number) => boolean
  readonly pick: <A>(values: readonly [A, ...ReadonlyArray<A>]) => A
  /** Up to `most` made-up values. */
  readonly some: <A>(most: number, make: (index: number) => A) => ReadonlyArray<A>
}

export const seeded = (seed: number): Seeded => {
  let state = seed >>> 0
  // mulberry32
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  const below = (bound: number): number => Math.floor(next() * bound)
  return {
    below,
    once: (times) => below(times) === 0,
    pick: (values) => values[below(values.length)] ?? values[0],
    some: (most, make) => Array.from({ length: below(most + 1) }, (_, index) => make(index))
  }
}
