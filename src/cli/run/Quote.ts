/**
 * What a file of requests would cost on each rung, before any is sent. Input is estimated from its bytes, output is what
 * `max_output_tokens` allows: the sums say what it costs at most, as far as that can be known.
 */
import type * as Arr from "effect/Array"
import * as Cost from "../../Cost.ts"
import * as Ladder from "../../deferred/Ladder.ts"
import type * as Rung from "../../deferred/Rung.ts"
import type * as ModelCatalog from "../../ModelCatalog.ts"
import * as Usage from "../../Usage.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import * as Money from "../Money.ts"
import * as Style from "../Style.ts"
import * as Table from "../Table.ts"

/** As many bytes of a request's JSON as are taken for a token; English prose has about as many. */
export const bytesPerToken = 4

/** What is quoted of a request. */
export interface Asked {
  readonly model: string
  readonly provider: ModelCatalog.ProviderName
  readonly body: JsonObject
  readonly bytes: number
  readonly rungs: Arr.NonEmptyReadonlyArray<Rung.Rung>
}

/** The sums of a model. Money in micro-USD; `undefined` is not known. */
export interface Row {
  readonly requests: number
  readonly inputTokens: number
  /** At most; `undefined` where a request says nothing. */
  readonly outputTokens: number | undefined
  /** At the standard tier, at most. */
  readonly standard: number | undefined
  /** The price of each rung of the model, as a share of the standard one. */
  readonly rungs: ReadonlyMap<string, number>
  /** What the ladder is expected to cost, as a share of the standard price. */
  readonly expected: number
}

export type Quote = ReadonlyMap<string, Row>

export interface When {
  readonly catalog: ModelCatalog.ModelCatalog
  readonly now: number
  readonly deadline: number
}

const plus = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || other === undefined ? undefined : one + other

const standardOf = ({ body, bytes, model, provider }: Asked, { catalog, now }: When): number | undefined => {
  const output = Json.number(body, "max_output_tokens")
  if (output === undefined) return undefined
  const usage = { ...Usage.none, input: Math.ceil(bytes / bytesPerToken), output }
  const cost = Cost.calculate({ catalog, provider, model, tier: "standard", usage, at: now })
  return cost._tag === "Priced" ? cost.microUsd : undefined
}

/** The quote with one more request. */
export const add = (quote: Quote, asked: Asked, when: When): Quote => {
  const { body, bytes, model, rungs } = asked
  const row = quote.get(model)
  return new Map(quote).set(model, {
    requests: (row?.requests ?? 0) + 1,
    inputTokens: (row?.inputTokens ?? 0) + Math.ceil(bytes / bytesPerToken),
    outputTokens: plus(row === undefined ? 0 : row.outputTokens, Json.number(body, "max_output_tokens")),
    standard: plus(row === undefined ? 0 : row.standard, standardOf(asked, when)),
    rungs: row?.rungs ?? new Map(rungs.map(({ name, price }) => [name, price])),
    expected: row?.expected ?? Ladder.expectedPrice({ now: when.now, deadline: when.deadline, rungs })
  })
}

/** What a share of the standard price comes to. */
const shareOf = (standard: number | undefined, share: number | undefined): number | undefined =>
  standard === undefined || share === undefined ? undefined : Math.round(standard * share)

const percent = (share: number): string => `${Math.round(share * 100)}%`

const rungNames = (quote: Quote): ReadonlyArray<string> =>
  Array.from(new Set(Array.from(quote.values()).flatMap(({ rungs }) => Array.from(rungs.keys()))))

/** The quote for a person: a row for each model, a column for each rung. */
export const lines = (quote: Quote, style: Style.Style = Style.none): ReadonlyArray<string> => {
  const names = rungNames(quote)
  const rows = Array.from(quote, ([model, row]) => [
    model,
    String(row.requests),
    String(row.inputTokens),
    row.outputTokens === undefined ? "unknown" : String(row.outputTokens),
    ...names.map((name) => {
      const share = row.rungs.get(name)
      return share === undefined ? "–" : `${Money.orUnknown(shareOf(row.standard, share))} (${percent(share)})`
    }),
    `${Money.orUnknown(shareOf(row.standard, row.expected))} (${percent(row.expected)})`
  ])
  const standard = Array.from(quote.values()).reduce<number | undefined>((sum, row) => plus(sum, row.standard), 0)
  const expected = Array.from(quote.values()).reduce<number | undefined>(
    (sum, row) => plus(sum, shareOf(row.standard, row.expected)),
    0
  )
  return [
    ...Table.lines(
      [
        { title: "MODEL" },
        ...["REQUESTS", "INPUT", "OUTPUT", ...names.map((name) => name.toUpperCase()), "EXPECTED"].map((title) => ({
          title,
          align: "right" as const
        }))
      ],
      rows,
      style.bold
    ),
    "",
    `at most ${style.bold(Money.orUnknown(expected))} as the ladder is expected to go, ` +
    `${Money.orUnknown(standard)} at the standard tier`,
    style.dim(
      `Input is estimated: a token for every ${bytesPerToken} bytes of a request. Output is what max_output_tokens allows; ` +
        "without it, what a request costs at most is not known. Nothing was sent."
    )
  ]
}

export const toJson = (quote: Quote): object => ({
  bytes_per_token: bytesPerToken,
  models: Object.fromEntries(Array.from(quote, ([model, row]) => [model, {
    requests: row.requests,
    input_tokens_estimated: row.inputTokens,
    output_tokens_at_most: row.outputTokens ?? null,
    standard_micro_usd_at_most: row.standard ?? null,
    expected_micro_usd_at_most: shareOf(row.standard, row.expected) ?? null,
    expected_share: row.expected,
    rungs: Object.fromEntries(Array.from(row.rungs, ([name, share]) => [name, {
      share,
      micro_usd_at_most: shareOf(row.standard, share) ?? null
    }]))
  }]))
})
