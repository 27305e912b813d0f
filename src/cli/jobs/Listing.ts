/** What `flexinference jobs` does; loaded only when it is asked. */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as Option from "effect/Option"
import type * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import process from "node:process"
import * as Store from "../../deferred/DeferredStore.ts"
import type { DeferredRequest } from "../../deferred/Request.ts"
import * as Json from "../../wire/Json.ts"
import * as CommandFailed from "../CommandFailed.ts"
import * as DeferredStore from "../DeferredStore.ts"
import * as Money from "../Money.ts"
import * as Output from "../Output.ts"
import * as Style from "../Style.ts"
import * as Table from "../Table.ts"

export interface Options {
  readonly store: Option.Option<string>
  readonly limit: number
  readonly json: boolean
}

/** Prints what a store holds; one that was never opened holds nothing. */
export const list = (
  options: Options
): Effect.Effect<void, CommandFailed.CommandFailed, Stdio.Stdio | FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const place = yield* Effect.catchTag(
      DeferredStore.chosen(options.store, false),
      "ConfigError",
      (error) => Effect.fail(CommandFailed.fromConfig(error))
    )
    const requests = yield* found(place, options.limit)
    const text = options.json
      ? JSON.stringify(requests.map(toJson), null, 2)
      : requests.length === 0
      ? "no request is deferred there"
      : table(requests, Style.of(process.stdout)).join("\n")
    yield* Output.print(Stream.succeed(`${text}\n`))
  })

const found = (place: DeferredStore.Place, limit: number) =>
  Effect.gen(function*() {
    if (place._tag === "Memory" || place._tag === "Off") return []
    const fs = yield* FileSystem.FileSystem
    // To look into a folder does not make it one.
    if (place._tag === "Folder" && !(yield* Effect.orElseSucceed(fs.exists(place.folder), () => false))) return []
    const read = Effect.flatMap(Store.DeferredStore, (store) => store.list(undefined, limit))
    return yield* Effect.provide(read, DeferredStore.layerStore(place)).pipe(
      Effect.catchTag("DeferredStoreError", () => Effect.fail(CommandFailed.make("the store cannot be read")))
    )
  })

const modelOf = ({ request }: DeferredRequest): string => Json.string(Json.parseObject(request) ?? {}, "model") ?? "–"

const time = (millis: number): string => new Date(millis).toISOString().slice(0, 19).replace("T", " ")

/** The table; times are UTC. */
export const table = (
  requests: ReadonlyArray<DeferredRequest>,
  style: Style.Style = Style.none
): ReadonlyArray<string> =>
  Table.lines(
    [
      { title: "ID" },
      { title: "MODEL" },
      { title: "STATUS" },
      { title: "DEADLINE (UTC)" },
      { title: "RUNG" },
      { title: "TRIES", align: "right" },
      { title: "COST", align: "right" },
      { title: "SAVED", align: "right" }
    ],
    requests.map((request) => [
      request.id,
      modelOf(request),
      request.status,
      time(request.deadline),
      request.attempts.at(-1)?.rung ?? "–",
      String(request.attempts.length),
      ...[request.costMicroUsd, request.savingMicroUsd].map((money) => money === null ? "–" : Money.dollars(money))
    ]),
    style.bold
  )

/** One request, without its texts. */
export const toJson = (request: DeferredRequest): object => ({
  id: request.id,
  owner: request.owner,
  model: modelOf(request),
  status: request.status,
  created_at: new Date(request.createdAt).toISOString(),
  deadline: new Date(request.deadline).toISOString(),
  ended_at: request.endedAt === null ? null : new Date(request.endedAt).toISOString(),
  attempts: request.attempts,
  error: request.failure,
  cost_micro_usd: request.costMicroUsd,
  saving_micro_usd: request.savingMicroUsd
})
