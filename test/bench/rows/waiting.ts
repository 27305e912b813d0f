/** Many races that wait at once: what one holds, whether the process stays awake, how soon all are served. */
import { setTimeout as sleep } from "node:timers/promises"
import { Agent } from "undici"
import * as Child from "../child.ts"
import { startGateway } from "../gateway.ts"
import * as Load from "../load.ts"
import { program } from "../paths.ts"
import { median } from "../rounds.ts"
import { startBare, startUpstream } from "../servers.ts"
import type { World } from "../world.ts"
import { requestOf } from "./gateway.ts"

/** What a crowd of waiting races did once. */
export interface Crowd {
  /** Bytes of heap and of resident memory that each race added. */
  readonly heap: number
  readonly rss: number
  /** Event-loop delay while they waited, in milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly max: number
  /** Milliseconds from the upstream's release until the last one was committed. */
  readonly committed: number
  /** Microseconds of CPU for each of them, from the release to the end of its answer. */
  readonly cpu: number
}

interface Memory {
  readonly heap: number
  readonly rss: number
}

/** How to fill a process with waiting races and to let them go; `release` tells how long they took to commit. */
interface Room {
  readonly child: Child.Child
  readonly open: (count: number) => Promise<void>
  readonly release: () => Promise<number>
  readonly close: () => Promise<void>
}

const observe = async ({ child, close, open, release }: Room, count: number, watch: number): Promise<Crowd> => {
  try {
    // What is made once, and code that is compiled once, belong to no race.
    await open(200)
    await release()
    const before = await child.ask<Memory>("memory")
    await open(count)
    await sleep(500)
    const after = await child.ask<Memory>("memory")
    await child.ask("watch delay")
    await sleep(watch)
    const delay = await child.ask<Pick<Crowd, "p50" | "p99" | "max">>("delay")
    const cpu = await child.ask<number>("cpu")
    const committed = await release()
    return {
      heap: (after.heap - before.heap) / count,
      rss: (after.rss - before.rss) / count,
      ...delay,
      committed,
      cpu: (await child.ask<number>("cpu") - cpu) / count
    }
  } finally {
    await close()
  }
}

const request = requestOf({
  name: "a race that waits",
  surface: "responses",
  startWithin: "00h-10m-00s",
  stream: true,
  events: 51,
  held: true
})

/** Over sockets: the caller of each race has one, and so has its leg. */
const overSockets = async (start: (upstream: string) => Promise<Child.Child>): Promise<Room> => {
  const upstream = await startUpstream()
  const child = await start(upstream.url)
  const agents: Array<Agent> = []
  let answers: Array<Promise<void>> = []
  let committed = 0
  return {
    child,
    open: async (count) => {
      // A pool looks through all of its connections for a free one, so each hundred has a pool of its own.
      for (let opened = 0; opened < count; opened += 100) {
        const agent = new Agent()
        agents.push(agent)
        const some = Math.min(100, count - opened)
        for (let index = 0; index < some; index++) {
          let first = true
          answers.push(Load.send(agent, child.url, request, () => {
            if (first) committed = performance.now()
            first = false
          }))
        }
        while (await upstream.ask<number>("waiting") < opened + some) await sleep(2)
      }
    },
    release: async () => {
      const begun = performance.now()
      await upstream.ask("release")
      await Promise.all(answers)
      answers = []
      return committed - begun
    },
    close: async () => {
      await Promise.all([child.stop(), upstream.stop()])
      await Promise.all(agents.map((agent) => agent.destroy()))
    }
  }
}

const inProcess = async (): Promise<Room> => {
  const child = await Child.start(program("races"))
  return {
    child,
    open: (count) => child.ask("open", count),
    release: () => child.ask("release"),
    close: child.stop
  }
}

export interface Row {
  readonly name: string
  readonly who: string
  readonly count: number
  readonly room: () => Promise<Room>
}

const sockets = (count: number): ReadonlyArray<Row> => [
  { name: `${count} races over sockets`, who: "bare proxy", count, room: () => overSockets(startBare) },
  { name: `${count} races over sockets`, who: "gateway", count, room: () => overSockets(startGateway) }
]

export const rows = (quick: boolean): ReadonlyArray<Row> => {
  const [some, many, most] = quick ? [200, 1000, 3000] as const : [1000, 8000, 30_000] as const
  return [
    ...sockets(some),
    ...sockets(many),
    { name: `${most} races in process`, who: "library", count: most, room: inProcess }
  ]
}

export interface Measured extends Crowd {
  readonly name: string
  readonly who: string
  readonly crowds: ReadonlyArray<Crowd>
}

export const run = async (
  rows: ReadonlyArray<Row>,
  rounds: number,
  { look, say }: World
): Promise<ReadonlyArray<Measured>> => {
  const crowds = new Map<Row, Array<Crowd>>(rows.map((row) => [row, []]))
  for (let round = 0; round < rounds; round++) {
    for (const row of rows) {
      await look()
      say(`round ${round + 1} of ${rounds}: ${row.name}, ${row.who}`)
      crowds.get(row)?.push(await observe(await row.room(), row.count, 3000))
    }
  }
  return rows.map((row) => {
    const own = crowds.get(row) ?? []
    const middle = (key: keyof Crowd) => median(own.map((crowd) => crowd[key]))
    return {
      name: row.name,
      who: row.who,
      heap: middle("heap"),
      rss: middle("rss"),
      p50: middle("p50"),
      p99: middle("p99"),
      max: middle("max"),
      committed: middle("committed"),
      cpu: middle("cpu"),
      crowds: own
    }
  })
}
