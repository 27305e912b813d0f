/** What `flexinference models` does; loaded only when it is asked. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import process from "node:process"
import * as ModelCatalog from "../../ModelCatalog.ts"
import * as CommandFailed from "../CommandFailed.ts"
import * as Output from "../Output.ts"
import * as Style from "../Style.ts"
import * as Suggestion from "../Suggestion.ts"
import * as Table from "../Table.ts"

export interface Options {
  readonly filter: Option.Option<string>
  readonly flex: boolean
  readonly json: boolean
}

/** Prints the models that were asked for; none is a failure, so that a script notices. */
export const list = (options: Options): Effect.Effect<void, CommandFailed.CommandFailed, Stdio.Stdio> =>
  Effect.gen(function*() {
    const catalog = yield* ModelCatalog.Current
    const now = yield* Clock.currentTimeMillis
    const models = select(catalog, options)
    if (models.length === 0) return yield* CommandFailed.make(nothing(catalog, options))
    const text = options.json
      ? JSON.stringify(models.map((model) => toJson(model, now)), null, 2)
      : table(models, now, Style.of(process.stdout)).join("\n")
    yield* Output.print(Stream.succeed(`${text}\n`))
  })

const nothing = (catalog: ModelCatalog.ModelCatalog, { filter, flex }: Options): string => {
  const asked = Option.getOrElse(filter, () => "")
  const name = flex ? "no model with a flex tier" : "no model"
  return `${name} matches ${JSON.stringify(asked)}.${Suggestion.question(Suggestion.models(asked, catalog))}`
}

/** The models of a catalogue whose name, or provider, holds the text. */
export const select = (
  catalog: ModelCatalog.ModelCatalog,
  { filter, flex }: Pick<Options, "filter" | "flex">
): ReadonlyArray<ModelCatalog.Model> => {
  const text = Option.getOrElse(filter, () => "").toLowerCase()
  return Array.from(catalog.models.values()).filter((model) =>
    (model.flex || !flex) &&
    [model.id, model.provider, ...model.aliases ?? []].some((name) => name.toLowerCase().includes(text))
  )
}

const price = (tier: ModelCatalog.TierPrice | undefined): string =>
  tier === undefined ? "–" : `${tier.base.input}/${tier.base.output}`

/** The table of them; `now`, in epoch milliseconds, decides on prices and on what retires soon. */
export const table = (
  models: ReadonlyArray<ModelCatalog.Model>,
  now: number,
  style: Style.Style = Style.none
): ReadonlyArray<string> =>
  Table.lines(
    [
      { title: "MODEL" },
      { title: "PROVIDER" },
      { title: "FLEX" },
      { title: "TIERS" },
      { title: "STANDARD", align: "right" },
      { title: "FLEX PRICE", align: "right" },
      { title: "AS OF" },
      { title: "RETIRES" }
    ],
    models.map((model) => {
      const prices = ModelCatalog.pricesAt(model, now)
      return [
        model.id,
        model.provider,
        model.flex ? style.green("yes") : "no",
        model.tiers.map((tier) => tier === "standard" ? "default" : tier).join(", "),
        price(prices.standard),
        price(prices.flex),
        model.asOf,
        retirement(model, now, style)
      ]
    }),
    style.bold
  )

const retirement = ({ retires }: ModelCatalog.Model, now: number, style: Style.Style): string => {
  if (retires === undefined) return ""
  const day = retires.slice(0, 10)
  return Date.parse(retires) <= now ? style.red(`${day} (gone)`) : style.yellow(day)
}

/** The same as data; the prices are those of now. */
export const toJson = (model: ModelCatalog.Model, now: number): object => ({
  id: model.id,
  aliases: model.aliases ?? [],
  provider: model.provider,
  flex: model.flex,
  tiers: model.tiers.map((tier) => tier === "standard" ? "default" : tier),
  prices: ModelCatalog.pricesAt(model, now),
  price_changes: (model.priceChanges ?? []).filter(({ from }) => Date.parse(from) > now),
  as_of: model.asOf,
  retires: model.retires ?? null
})
