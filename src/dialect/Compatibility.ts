/**
 * What becomes of each part of a request when a provider is asked in another format than the caller's: one table per
 * surface, read from the rules. `COMPATIBILITY.md` shows it, and a test
 * proves every row against the translators.
 */
import type { DialectName } from "../Dialect.ts"
import type { BuiltInProviderName } from "../ModelCatalog.ts"
import * as Chat from "./chat/Rules.ts"
import * as Interactions from "./interactions/Rules.ts"
import * as Messages from "./messages/Rules.ts"
import * as Responses from "./responses/Rules.ts"
import * as Rules from "./Rules.ts"

export type { Fate } from "./Rules.ts"

/** A member of a request, or several that share their fate, and that fate with each provider. */
export interface Row extends Readonly<Record<BuiltInProviderName, Rules.Fate>> {
  /** The member by the caller's name for it, in Markdown. */
  readonly field: string
  /** What an approximation loses, or under which condition the fate holds; empty where there is nothing to say. */
  readonly note: string
}

/** The fates of everything a surface's requests may hold. */
export interface Table {
  readonly path: string
  readonly rows: ReadonlyArray<Row>
}

type Statements = { readonly [field: string]: Rules.Rule<string> }

/** What each provider is told of the hub's request. */
const targets: { readonly [provider in BuiltInProviderName]: Statements } = {
  openai: Responses.toOpenAI,
  google: Interactions.fromHub,
  anthropic: Messages.fromHub
}

const titles: { readonly [provider in BuiltInProviderName]: string } = {
  openai: "OpenAI",
  google: "Gemini",
  anthropic: "Claude"
}

const providers = ["openai", "google", "anthropic"] as const

/** From the least to the most that is lost. */
const losses: ReadonlyArray<Rules.Fate> = ["as is", "carried", "approximated", "dropped", "refused"]

const worse = (one: Rules.Fate, other: Rules.Fate): Rules.Fate =>
  losses[Math.max(losses.indexOf(one), losses.indexOf(other))] ?? other

const fateOf = (verdict: Rules.Verdict): Rules.Fate => typeof verdict === "string" ? verdict : verdict[0]

const noteOf = (verdict: Rules.Verdict | undefined): string =>
  verdict === undefined || typeof verdict === "string" ? "" : verdict[1]

const rowOf = (native: BuiltInProviderName, row: Rules.Row): Row => {
  const own = row.verdict ?? "carried"
  const verdicts = providers.filter((provider) => provider !== native).map((provider) => ({
    provider,
    verdict: row.becomes === undefined ? own : Rules.verdictOf(targets[provider], row.becomes)
  }))
  const fate = (provider: BuiltInProviderName): Rules.Fate => {
    const found = verdicts.find((verdict) => verdict.provider === provider)
    return found === undefined ? row.native ?? "as is" : worse(fateOf(own), fateOf(found.verdict))
  }
  const notes = verdicts.map(({ provider, verdict }) => ({ provider, note: noteOf(verdict) }))
    .filter(({ note }) => note !== "" && note !== noteOf(own))
  const [first] = notes
  const isCommon = notes.length === verdicts.length && notes.every(({ note }) => note === first?.note)
  const said = isCommon ? [first?.note ?? ""] : notes.map(({ note, provider }) => `${titles[provider]}: ${note}`)
  return {
    field: row.label,
    openai: fate("openai"),
    google: fate("google"),
    anthropic: fate("anthropic"),
    note: [noteOf(own), ...said].filter((note) => note !== "").join("; ")
  }
}

const unknown: Rules.Row = { label: "any other member", verdict: "dropped" }

const table = (path: string, native: BuiltInProviderName, statements: Statements): Table => ({
  path,
  rows: [...Object.values(statements).flatMap(({ rows = [] }) => rows), unknown].map((row) => rowOf(native, row))
})

/** What becomes of a request, by the format it came in. */
export const tables: { readonly [surface in DialectName]: Table } = {
  responses: table("/v1/responses", "openai", Responses.toOpenAI),
  "chat.completions": table("/v1/chat/completions", "openai", Chat.toHub),
  interactions: table("/v1/interactions", "google", Interactions.toHub),
  messages: table("/v1/messages", "anthropic", Messages.toHub)
}

const line = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`

const render = ({ path, rows }: Table): string =>
  [
    `### \`POST ${path}\``,
    "",
    line(["field", "OpenAI", "Gemini", "Claude", ""]),
    line(["---", "---", "---", "---", "---"]),
    ...rows.map(({ anthropic, field, google, note, openai }) => line([field, openai, google, anthropic, note]))
  ].join("\n")

const legend = [
  "*as is*: untouched · *carried*: in the target's own words · *approximated*: as near as the target comes; the last",
  "column says how · *dropped*: left out · *refused*: a 400 `untranslatable_field` whose `param` names the field, before",
  "anything is sent. On every surface the router takes its own fields out and sets `service_tier` from `start_within`."
].join("\n")

/** The tables as Markdown, one under the other, after a legend. */
export const toMarkdown = (): string => [legend, ...Object.values(tables).map(render)].join("\n\n")
