/** The models of the catalogue as a listing shows them: what can be raced, at which tiers, and until when. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { ListedModel } from "../Dialect.ts"
import * as ModelCatalog from "../ModelCatalog.ts"
import type { Alias } from "./Aliases.ts"

const listed = (catalog: ModelCatalog.ModelCatalog, model: ModelCatalog.Model, id: string): ListedModel => ({
  id,
  provider: model.provider,
  created: ModelCatalog.created(catalog),
  retires: model.retires,
  flexinference: {
    flex_race: ModelCatalog.isFlexCapable(catalog, id),
    tiers: ModelCatalog.tiers(model),
    providers: [model.provider],
    open_source: false,
    ...(model.retires === undefined ? {} : { retires: model.retires })
  }
})

/** An alias, as what it stands for. */
const aliased = (
  catalog: ModelCatalog.ModelCatalog,
  { model: id, name, provider }: Alias
): ListedModel => {
  const model = ModelCatalog.lookup(catalog, id)
  const entry = model ??
    { id, provider: provider?.[0] ?? "other", flex: false, tiers: [], prices: {}, asOf: catalog.asOf }
  const { flexinference, ...rest } = listed(catalog, entry, name)
  return {
    ...rest,
    flexinference: { ...flexinference, flex_race: ModelCatalog.isFlexCapable(catalog, id), alias_of: id }
  }
}

/** What somebody sees of the models: those they may ask for, and the names that stand for some. */
export interface View {
  readonly mayAsk: (model: string) => boolean
  readonly aliases: ReadonlyMap<string, Alias>
}

/** One model, by the name that is asked for. A dated snapshot is known by its undated name. */
export const find = (catalog: ModelCatalog.ModelCatalog, id: string, view: View): ListedModel | undefined => {
  if (!view.mayAsk(id)) return undefined
  const alias = view.aliases.get(id)
  if (alias !== undefined) return aliased(catalog, alias)
  const model = ModelCatalog.lookup(catalog, id)
  return model && listed(catalog, model, id)
}

/** Every alias, and every model of the catalogue by every name. */
export const all = (catalog: ModelCatalog.ModelCatalog, { aliases, mayAsk }: View): ReadonlyArray<ListedModel> => [
  ...Array.from(aliases.values()).filter(({ name }) => mayAsk(name)).map((alias) => aliased(catalog, alias)),
  ...Array.from(catalog.models.values()).flatMap((model) =>
    [model.id, ...(model.aliases ?? [])]
      .filter((id) => mayAsk(id) && !aliases.has(id))
      .map((id) => listed(catalog, model, id))
  )
]

/** How long before its end a model's answers say so. */
const notice = Duration.toMillis(Duration.days(30))

/** The day on which a model's provider stops serving it, where that is less than 30 days from now. */
export const retiresSoon = (
  catalog: ModelCatalog.ModelCatalog,
  model: string
): Effect.Effect<string | undefined> => {
  const retires = ModelCatalog.retires(catalog, model)
  return retires === undefined ? Effect.undefined : Effect.map(
    Clock.currentTimeMillis,
    (now) => Date.parse(retires) > now + notice ? undefined : retires.slice(0, 10)
  )
}
