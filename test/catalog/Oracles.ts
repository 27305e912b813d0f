/**
 * Other people's price lists, read into the same facts as our catalogue, and where they differ from it. They are held
 * against ours while developing and are no part of the package.
 */
import * as Json from "../../src/wire/Json.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import * as ModelCatalog from "../../src/ModelCatalog.ts"

/** What a list says of a model, by what it says it of: `standard input`, `flex output above 272000`, `retires`. */
export type Facts = ReadonlyMap<string, number | string>

/** A price list. */
export interface Oracle {
  readonly name: string
  /** When it was made, in epoch milliseconds; `undefined` where nobody knows. */
  readonly asOf: number | undefined
  /** Of which facts it speaks: that it lacks another says nothing. */
  readonly speaksOf: (fact: string) => boolean
  readonly models: ReadonlyMap<string, Facts>
}

export interface Difference {
  readonly model: string
  readonly fact: string
  readonly ours: number | string | undefined
  readonly theirs: number | string | undefined
  /** In days: of the model's facts, or of the catalogue where it lacks the model. */
  readonly ourAge: number
  /** In days; `undefined` where nobody knows. */
  readonly theirAge: number | undefined
}

const fields = ["input", "cachedInput", "cacheWriteInput", "longCacheWriteInput", "output"] as const

const label = (tier: string, field: string, above?: number): string =>
  `${tier} ${field}${above === undefined ? "" : ` above ${above}`}`

/** What our catalogue says of a model at a time. */
export const factsOf = (model: ModelCatalog.Model, at: number): Facts => {
  const facts = new Map<string, number | string>()
  if (model.retires !== undefined) facts.set("retires", model.retires)
  for (const [tier, price] of Object.entries(ModelCatalog.pricesAt(model, at))) {
    // The other name of the same tier.
    if (price === undefined || tier === "fast") continue
    for (const { above, rates } of [{ above: undefined, rates: price.base }, ...(price.steps ?? [])]) {
      for (const field of fields) {
        const value = rates?.[field]
        if (value !== undefined) facts.set(label(tier, field, above), value)
      }
    }
  }
  return facts
}

const rounded = (value: number): number => Math.round(value * 1e6) / 1e6

const piFields = { input: "input", cacheRead: "cachedInput", cacheWrite: "cacheWriteInput", output: "output" }

/** pi-ai's lists, one file a provider: `{ [api]: { [key]: { id, cost } } }`. A price it does not know is 0. */
export const piAi = (files: ReadonlyArray<JsonObject>, asOf: number | undefined): Oracle => {
  const models = new Map<string, Facts>()
  for (const file of files) {
    for (const entry of Object.values(file).flatMap((api) => Json.isObject(api) ? Object.values(api) : [])) {
      if (!Json.isObject(entry) || Json.string(entry, "type") !== "chat") continue
      const cost = Json.object(entry, "cost") ?? {}
      const facts = new Map<string, number | string>()
      for (const prices of [cost, ...Json.objects(cost, "tiers")]) {
        for (const [name, field] of Object.entries(piFields)) {
          const value = Json.number(prices, name) ?? 0
          if (value > 0) facts.set(label("standard", field, Json.number(prices, "inputTokensAbove")), rounded(value))
        }
      }
      models.set(Json.string(entry, "id") ?? "", facts)
    }
  }
  return {
    name: "pi-ai",
    asOf,
    speaksOf: (fact) => fact.startsWith("standard") && !fact.includes("longCacheWrite"),
    models
  }
}

const liteLlmFields: { readonly [name: string]: string } = {
  input_cost_per_token: "input",
  cache_read_input_token_cost: "cachedInput",
  cache_creation_input_token_cost: "cacheWriteInput",
  cache_creation_input_token_cost_above_1hr: "longCacheWriteInput",
  output_cost_per_token: "output"
}

/** LiteLLM's `model_prices_and_context_window.json`: USD per token, step and tier in the names of the members. */
export const liteLlm = (file: JsonObject, asOf: number | undefined): Oracle => {
  const models = new Map<string, Facts>()
  for (const [name, entry] of Object.entries(file)) {
    const provider = Json.isObject(entry) ? Json.string(entry, "litellm_provider") : undefined
    if (!Json.isObject(entry) || provider === undefined) continue
    if (!["openai", "anthropic", "gemini"].includes(provider) || !/^(?:gemini\/)?[^/:]+$/.test(name)) continue
    const facts = new Map<string, number | string>()
    const retires = Json.string(entry, "deprecation_date")
    if (retires !== undefined) facts.set("retires", retires)
    for (const [member, value] of Object.entries(entry)) {
      const [, base = "", thousands, tier = "standard"] =
        /^(.+?)(?:_above_(\d+)k_tokens)?(?:_(flex|priority|ultrafast))?$/.exec(member) ?? []
      const field = Object.hasOwn(liteLlmFields, base) ? liteLlmFields[base] : undefined
      if (field === undefined || typeof value !== "number") continue
      const above = thousands === undefined ? undefined : Number(thousands) * 1000
      facts.set(label(tier, field, above), rounded(value * 1e6))
    }
    models.set(name.replace("gemini/", ""), facts)
  }
  return { name: "LiteLLM", asOf, speaksOf: () => true, models }
}

const daysBetween = (asOf: number, at: number): number => Math.floor((at - asOf) / 86_400_000)

/**
 * Everything in which a price list differs from a catalogue at a time. A model that only the list has is a difference
 * where it is of a kind the catalogue holds.
 */
export const differences = (
  catalog: ModelCatalog.ModelCatalog,
  oracle: Oracle,
  at: number
): ReadonlyArray<Difference> => {
  const theirAge = oracle.asOf === undefined ? undefined : daysBetween(oracle.asOf, at)
  const ourAge = daysBetween(Date.parse(catalog.asOf), at)
  const held = [...catalog.models.values()].flatMap((model) => {
    const ours = factsOf(model, at)
    const theirs = oracle.models.get(model.id)
    const difference = (fact: string, ours: Difference["ours"], theirs: Difference["theirs"]): Difference => ({
      model: model.id,
      fact,
      ours,
      theirs,
      ourAge: daysBetween(Date.parse(model.asOf), at),
      theirAge
    })
    if (theirs === undefined) return [difference("model", "listed", undefined)]
    return [...new Set([...ours.keys(), ...theirs.keys()])]
      .filter((fact) => ours.get(fact) !== theirs.get(fact) && (theirs.has(fact) || oracle.speaksOf(fact)))
      .map((fact) => difference(fact, ours.get(fact), theirs.get(fact)))
  })
  const missing = [...oracle.models.keys()]
    .filter((id) => /^(?:gpt-[5-9]|o\d|gemini-[^g]|claude-)/.test(id) && ModelCatalog.lookup(catalog, id) === undefined)
    .map((model) => ({ model, fact: "model", ours: undefined, theirs: "listed", ourAge, theirAge }))
  return [...held, ...missing]
}

const age = (days: number | undefined): string => days === undefined ? "of unknown age" : `${days} d old`

/** A difference as a line. */
export const line = (oracle: Oracle, { fact, model, ourAge, ours, theirAge, theirs }: Difference): string => {
  const look = theirAge !== undefined && theirAge < ourAge ? "  <- theirs is newer" : ""
  const here = ours === undefined ? "-" : `${ours} (${age(ourAge)})`
  const there = theirs === undefined ? "-" : `${theirs} (${age(theirAge)})`
  return `${model.padEnd(32)} ${fact.padEnd(42)} here ${here.padEnd(24)} ${oracle.name} ${there}${look}`
}
