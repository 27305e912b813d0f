/** What a request may cost at most, as far as it says so itself: it is reserved of a budget until the answer has ended. */
import * as Cost from "../Cost.ts"
import * as ModelCatalog from "../ModelCatalog.ts"
import * as Usage from "../Usage.ts"
import * as Json from "../wire/Json.ts"
import * as JsonMembers from "../wire/JsonMembers.ts"

/** What is taken for the longest answer where the request names no limit. */
export const usualOutput = 32_768

/** Text has a token for every three or four bytes; of what is denser, hexadecimal has one for two. */
const bytesOfToken = 2

const limits = ["max_output_tokens", "max_completion_tokens", "max_tokens"]

/** The longest answer that the request allows, all of its choices together. */
const outputOf = (text: string): number => {
  const settings = JsonMembers.textOf(text, "generation_config") ?? ""
  const own = [
    ...limits.map((name) => numberIn(text, name)),
    numberIn(settings, "max_output_tokens")
  ].filter((limit) => limit !== undefined)
  const choices = Math.max(1, numberIn(text, "n") ?? 1)
  return choices * (own.length === 0 ? usualOutput : Math.max(...own))
}

const numberIn = (text: string, name: string): number | undefined => {
  const value = Json.parse(JsonMembers.textOf(text, name) ?? "null")
  return typeof value === "number" && value >= 0 ? value : undefined
}

/** In micro-USD. */
export interface WorstCase {
  /** The part that is charged for reading the request, whatever becomes of the answer. */
  readonly input: number
  readonly whole: number
}

/** By the price list of the tier that a request names, else of standard; `undefined` where there is no price. */
export const of = (
  text: string,
  model: string,
  tier: ModelCatalog.Tier,
  { at, catalog }: Pick<Cost.CostInput, "at" | "catalog">
): WorstCase | undefined => {
  const known = ModelCatalog.lookup(catalog, model) === undefined ? model.slice(model.indexOf("/") + 1) : model
  const provider = ModelCatalog.lookup(catalog, known)?.provider
  if (provider === undefined) return undefined
  const price = (input: number, output: number): number | undefined => {
    // All of it may be new to the prompt cache, which is the dearest way to read it.
    const usage = { ...Usage.none, input, cacheWriteInput: input, output }
    const cost = Cost.calculate({ catalog, model: known, provider, tier, at, usage })
    return cost._tag === "Priced" ? cost.microUsd : undefined
  }
  const read = Math.ceil(Buffer.byteLength(text) / bytesOfToken)
  const input = price(read, 0)
  const whole = price(read, outputOf(text))
  return input === undefined || whole === undefined ? undefined : { input, whole }
}
