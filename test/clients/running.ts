/** What the tests of other people's programs share: the models, what is installed, and a gateway for each case. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { copyFileSync, existsSync } from "node:fs"
import path from "node:path"
import { pathToFileURL } from "node:url"
import { Behavior, type Ledger, type Script } from "../../src/simulator/index.ts"
import * as StartWithin from "../../src/StartWithin.ts"
import * as Running from "../gateway/running.ts"

/** One of each provider. */
export const models = ["gpt-5.5", "gemini-2.5-flash", "claude-opus-4-8"]

export const folderOf = (group: string): string =>
  path.join(import.meta.dirname, "..", "..", "node_modules", ".clients", group)

/** Whether `install.mjs` has brought a group. */
export const installed = (group: string): boolean => existsSync(path.join(folderOf(group), "installed.json"))

/** The title of what is skipped because its group is not there. */
export const missing = (group: string, name: string): string =>
  `${name}: not installed, see node test/clients/install.mjs ${group}`

/** What a case is given: the gateway's address, the model, and the calls that reached the providers so far. */
export interface At {
  readonly url: string
  readonly model: string
  readonly calls: () => Promise<ReadonlyArray<Ledger.LedgerEntry>>
}

/** What a program does, and what the model says to it, turn by turn. */
export interface Case {
  readonly answers: readonly [Behavior.Options, ...ReadonlyArray<Behavior.Options>]
  /** Breaks every stream after so many deltas. */
  readonly cut?: number
  readonly run: (at: At) => Promise<void>
}

export interface Cases {
  readonly [name: string]: Case
}

/** The cases of a program of `programs/`, which runs among what its group installed: only there it finds it. */
export const load = async (group: string, name: string): Promise<Cases> => {
  const file = path.join(folderOf(group), `${name}.mjs`)
  copyFileSync(path.join(import.meta.dirname, "programs", `${name}.mjs`), file)
  const program: { readonly cases: Cases } = await import(pathToFileURL(file).href)
  return program.cases
}

const behavior = (answer: Behavior.Options, cut: number | undefined): Behavior.Behavior =>
  cut === undefined ? Behavior.answer(answer) : Behavior.cut(cut, { ...answer, how: "end" })

/** What a window is for: every call to a model that has a flex tier went to it first. */
export const savedWhereItCan = (calls: ReadonlyArray<Ledger.LedgerEntry>, model: string): void => {
  assert.isNotEmpty(calls)
  for (const { tier } of calls) assert.strictEqual(tier, model.startsWith("claude") ? "standard" : "flex")
}

/** Flex races a window on whatever model has it, as it would for a program that knows nothing of it. */
export const gateway = (script: Script.Script) =>
  Running.onSimulator({ script, router: { defaultStartWithin: StartWithin.fromDuration("30 seconds") } })

/** A name that stands for a model of another vendor's and a window; whatever else is asked for is served at standard. */
export const alias = { name: "fast", model: "gemini-2.5-flash", startWithin: StartWithin.fromDuration("20 seconds") }

/** A gateway at which nothing but that name asks for flex. */
export const aliased = (script: Script.Script) =>
  Running.onSimulator({ script, gateway: { aliases: [alias] }, router: { defaultStartWithin: "default" } })

export const perform = ({ answers, cut, run }: Case, model: string): Effect.Effect<void> =>
  Effect.gen(function*() {
    const [first, ...rest] = answers
    const turns = [first, ...rest]
    const { simulator, url } = yield* gateway(({ index }) =>
      behavior(turns[Math.min(index, rest.length)] ?? first, cut)
    )
    yield* Effect.promise(() => run({ url, model, calls: () => Effect.runPromise(simulator.ledger) }))
    savedWhereItCan(yield* simulator.ledger, model)
  }).pipe(Effect.scoped)
