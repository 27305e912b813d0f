/** Interleaved rounds: every contestant of every row once, then all of them again, so that a slow minute hurts all. */

/** What one contestant did in one round. */
export interface Sample {
  /** Microseconds of CPU, user and system, for one request. */
  readonly cpu: number
  /** Requests a second of wall time. */
  readonly throughput: number
  readonly count: number
}

export interface Contestant {
  readonly name: string
  /** The others are measured by the cheapest of these; where nobody is one, by the first. */
  readonly official?: boolean
  readonly run: (millis: number) => Promise<Sample>
}

export interface Row {
  readonly name: string
  /** Fails if the contestants do not do the same work. */
  readonly verify?: () => Promise<void>
  readonly contestants: ReadonlyArray<Contestant>
}

export interface Measured {
  readonly name: string
  readonly contestants: ReadonlyArray<{
    readonly name: string
    readonly cpu: number
    readonly throughput: number
    /** CPU over what it is measured by in the same round, median of the rounds. */
    readonly ratio: number
    /** The ratio of each round. */
    readonly ratios: ReadonlyArray<number>
    readonly samples: ReadonlyArray<Sample>
  }>
}

export interface Plan {
  readonly rounds: number
  readonly millis: number
  readonly warmup: number
  /** Looks, before each row of a round, whether the machine is quiet. */
  readonly look: () => Promise<void>
  /** Called as each round of a row begins. */
  readonly progress: (text: string) => void
}

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

export const run = async (rows: ReadonlyArray<Row>, plan: Plan): Promise<ReadonlyArray<Measured>> => {
  const samples = new Map<Contestant, Array<Sample>>()
  for (const { contestants, name, verify } of rows) {
    await verify?.()
    plan.progress(`warming up: ${name}`)
    for (const contestant of contestants) {
      await contestant.run(plan.warmup)
      samples.set(contestant, [])
    }
  }
  for (let round = 0; round < plan.rounds; round++) {
    for (const { contestants, name } of rows) {
      await plan.look()
      plan.progress(`round ${round + 1} of ${plan.rounds}: ${name}`)
      // Turn about, so that nobody is always the one who comes after a loud neighbour.
      for (const contestant of round % 2 === 0 ? contestants : contestants.toReversed()) {
        samples.get(contestant)?.push(await contestant.run(plan.millis))
      }
    }
  }
  return rows.map(({ contestants, name }) => {
    const official = contestants.filter(({ official }) => official === true)
    const floors = official.length > 0 ? official : contestants.slice(0, 1)
    const floorOf = (round: number) => Math.min(...floors.map((one) => samples.get(one)?.[round]?.cpu ?? Number.NaN))
    return {
      name,
      contestants: contestants.map((contestant) => {
        const own = samples.get(contestant) ?? []
        const ratios = own.map(({ cpu }, round) => cpu / floorOf(round))
        return {
          name: contestant.name,
          cpu: median(own.map(({ cpu }) => cpu)),
          throughput: median(own.map(({ throughput }) => throughput)),
          ratio: median(ratios),
          ratios,
          samples: own
        }
      })
    }
  })
}
