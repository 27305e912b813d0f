/** The sections of the benchmark: which rows they have, whom they start, and how they are shown. */
import { startGateway } from "./gateway.ts"
import type { Options } from "./options.ts"
import { startPortkey, version as portkeyVersion } from "./portkey.ts"
import * as Rounds from "./rounds.ts"
import * as GatewayRows from "./rows/gateway.ts"
import * as LibraryRows from "./rows/library.ts"
import * as PortkeyRows from "./rows/portkey.ts"
import * as ReaderRows from "./rows/reader.ts"
import * as StartRows from "./rows/start.ts"
import * as WaitingRows from "./rows/waiting.ts"
import { startBare, startUpstream } from "./servers.ts"
import * as Table from "./table.ts"
import type { World } from "./world.ts"

export interface Result {
  readonly rows: ReadonlyArray<object>
  readonly table: string
  /** Why a section has no figures, if it has none. */
  readonly missing?: string
}

export interface Section {
  readonly name: string
  readonly run: (options: Options, world: World) => Promise<Result>
}

const none: Result = { rows: [], table: "" }

const chosen = <Row extends { readonly name: string }>(
  section: string,
  { only }: Options,
  rows: ReadonlyArray<Row>
): ReadonlyArray<Row> => rows.filter(({ name }) => only.test(`${section}: ${name}`))

const compared = async (
  title: string,
  unit: Table.Unit,
  rows: ReadonlyArray<Rounds.Row>,
  options: Options,
  { look, say }: World
): Promise<Result> => {
  if (rows.length === 0) return none
  const measured = await Rounds.run(rows, { ...options, look, progress: say })
  return { rows: measured, table: Table.compared(title, unit, measured) }
}

const gateway: Section = {
  name: "gateway",
  run: async (options, world) => {
    const upstream = await startUpstream()
    const bare = await startBare(upstream.url)
    const rows = chosen("gateway", options, GatewayRows.rows(bare, await startGateway(upstream.url)))
    return compared("The gateway over a bare proxy", "request", rows, options, world)
  }
}

const portkey: Section = {
  name: "portkey",
  run: async (options, world) => {
    if (chosen("portkey", options, PortkeyRows.cases).length === 0) return none
    const portkey = await startPortkey()
    if ("missing" in portkey) return { ...none, missing: portkey.missing }
    const upstream = await startUpstream()
    const rows = chosen("portkey", options, PortkeyRows.rows(portkey, await startGateway(upstream.url), upstream))
    return compared(`Portkey ${portkeyVersion} over the gateway`, "request", rows, options, world)
  }
}

const library: Section = {
  name: "library",
  run: async (options, world) => {
    if (chosen("library", options, LibraryRows.cases).length === 0) return none
    const rows = chosen("library", options, await LibraryRows.rows(await startUpstream()))
    return compared("The library and the official clients", "call", rows, options, world)
  }
}

const reader: Section = {
  name: "reader",
  run: async (options, world) =>
    compared(
      "The SSE reader and those of others",
      "event",
      chosen("reader", options, await ReaderRows.rows()),
      options,
      world
    )
}

/** A crowd takes a quarter of a minute to gather, and its figures vary little. */
const few = 3

const waiting: Section = {
  name: "waiting",
  run: async (options, world) => {
    const rows = chosen("waiting", options, WaitingRows.rows(options.quick))
    const measured = await WaitingRows.run(rows, Math.min(few, options.rounds), world)
    return { rows: measured, table: rows.length === 0 ? "" : Table.waiting("Races that wait", measured) }
  }
}

const start: Section = {
  name: "start",
  run: async (options, world) => {
    const rows = chosen("start", options, StartRows.rows)
    const measured = await StartRows.run(rows, options.rounds, world)
    return { rows: measured, table: rows.length === 0 ? "" : Table.start("Before the first request", measured) }
  }
}

export const sections: ReadonlyArray<Section> = [gateway, portkey, library, reader, waiting, start]
