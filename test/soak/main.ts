/**
 * `npm run soak`: a mixed load against the simulated providers, for as long as one likes. Now and then the load rests,
 * and what is held then must not have grown: memory, sockets, timers, fibers.
 */
import { Effect, Exit, Layer, Metric, Random, Scope } from "effect"
import { HttpServer } from "effect/http"
import * as AttemptLog from "../../src/AttemptLog.ts"
import * as Gateway from "../../src/gateway/Gateway.ts"
import * as Router from "../../src/Router.ts"
import { Behavior, Script, Simulator } from "../../src/simulator/index.ts"
import { found, redacted } from "../support/canary.ts"
import * as Census from "../support/census.ts"
import { seeded } from "../support/seeded.ts"
import { turns } from "../support/turns.ts"
import * as Callers from "./callers.ts"
import * as Options from "./options.ts"

const print = (text: string): void => void process.stdout.write(`${text}\n`)

const behaviors = [
  Behavior.answer({ startAfter: "20 millis", pace: "2 millis" }),
  Behavior.answer({ startAfter: "5 millis", pace: "1 millis", keepAlive: "10 millis" }),
  Behavior.answer({}),
  Behavior.refuse({ retryAfter: "1 second" }),
  Behavior.refuseInStream(),
  Behavior.fail(2),
  Behavior.stall({ at: 2 })
] as const

/** A simulated provider of whom one never knows what comes next. */
const moody: Script.Script = () =>
  Effect.map(Random.nextIntBetween(0, behaviors.length), (index) => behaviors[index] ?? behaviors[0])

/** What is held while nothing happens. */
interface Sample {
  readonly heap: number
  readonly sockets: number
  readonly timers: number
  readonly fibers: number
}

const sample = (fibers: number): Sample => {
  const heap = Census.heap()
  const resources = Census.resources()
  return {
    heap,
    sockets: (resources["TCPSocketWrap"] ?? 0) + (resources["TCPConnectWrap"] ?? 0),
    timers: (resources["Timeout"] ?? 0) + (resources["Immediate"] ?? 0),
    fibers
  }
}

const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MB`

/** What has grown from the first rest to the last, beyond what is noise. */
const grown = (first: Sample, last: Sample): ReadonlyArray<string> => [
  ...(last.heap > first.heap * 1.1 + 4 * 1024 * 1024
    ? [`memory: ${megabytes(first.heap)} to ${megabytes(last.heap)}`]
    : []),
  ...(["sockets", "timers", "fibers"] as const)
    .filter((kind) => last[kind] > first[kind] + 4)
    .map((kind) => `${kind}: ${first[kind]} to ${last[kind]}`)
]

/** How often the load rests; the first rests only warm it up. */
const rests = 10
const warmUp = 2

const main = async ({ callers, minutes, seed }: Options.Options): Promise<void> => {
  const fibers = Census.fibers()
  const told: Array<string> = []
  const scope = Scope.makeUnsafe()
  let records = 0
  // What is kept up to a bound is full before it is first measured.
  const gateway = Gateway.layer({ port: 0, keys: [redacted("gateway")], answers: { maxAnswers: 50 } }).pipe(
    Layer.provide(Router.layer({
      simulated: true,
      idle: "100 millis",
      total: "1 second",
      openai: { apiKey: redacted("openai") },
      google: { apiKey: redacted("google") },
      anthropic: { apiKey: redacted("anthropic") },
      secrets: [redacted("gateway")]
    })),
    Layer.provide(AttemptLog.layer({
      record: (record) =>
        Effect.sync(() => {
          records++
          if (record.level === "error" || found(JSON.stringify(record)).length > 0) told.push(JSON.stringify(record))
        })
    })),
    Layer.provideMerge(Simulator.layer({ seed, script: moody, remember: 50 }))
  )
  const context = await Effect.runPromise(
    Layer.buildWithScope(gateway, scope).pipe(
      Effect.provideService(Metric.FiberRuntimeMetrics, fibers.service)
    )
  )
  const url = Effect.runSync(Effect.provideContext(HttpServer.addressFormattedWith(Effect.succeed), context))
  const random = seeded(seed)
  const tally: Callers.Tally = {}
  const samples: Array<Sample> = []
  for (let rest = 0; rest < rests; rest++) {
    const until = performance.now() + (minutes * 60_000) / rests
    await Callers.run(url, callers, random, tally, () => performance.now() >= until)
    await Effect.runPromise(Effect.andThen(Effect.sleep("300 millis"), turns(100)))
    const now = sample(fibers.running())
    samples.push(now)
    print(
      `${rest + 1}/${rests}: ${records} requests, ${megabytes(now.heap)}, ${now.sockets} sockets, ` +
        `${now.timers} timers, ${now.fibers} fibers`
    )
  }
  await Effect.runPromise(Scope.close(scope, Exit.void))
  print(Object.entries(tally).toSorted().map(([outcome, count]) => `${outcome}: ${count}`).join(", "))
  const [first] = samples.slice(warmUp)
  const last = samples.at(-1)
  const failures = [
    ...(first === undefined || last === undefined ? ["nothing was measured"] : grown(first, last)),
    ...("internal error" in tally ? ["an internal error"] : []),
    ...told.slice(0, 5)
  ]
  for (const failure of failures) print(`grown or wrong: ${failure}`)
  process.exitCode = failures.length === 0 ? 0 : 1
}

await main(Options.parse(process.argv.slice(2)))
