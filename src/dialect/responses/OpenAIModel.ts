/**
 * What a model of OpenAI's accepts, by its name. Only a translated request needs it: the caller wrote for another model.
 *
 * Wire facts, 2026-11-25: vendor documentation of reasoning (levels; a custom temperature only with effort `none`),
 * recorded traffic (gpt-5.6 with effort `none` and a temperature) and the capability table of the Vercel AI SDK 4.
 * `stop` is refused by gpt-5 to 5.4, o3 and o4-mini, taken by o3-mini (recorded), and reported to work from 5.5 on; Chat Completions of 5.6 and
 * later refuse functions together with reasoning, and a search but by search models (recorded).
 */
import type { Effort } from "../Effort.ts"
import { between } from "../Effort.ts"

export interface OpenAIModel {
  /** The levels it knows: none where it does not reason. */
  readonly efforts: ReadonlyArray<Effort>
  /** Whether `temperature` and `top_p` are accepted: always, with effort `none` alone, or never. */
  readonly sampling: "always" | "without reasoning" | "never"
  /** Whether Chat Completions accepts `stop`. */
  readonly stop: boolean
  /** Whether Chat Completions accepts functions while the model reasons. */
  readonly callsInChat: boolean
  /** Whether Chat Completions lets it search. */
  readonly searchesInChat: boolean
}

const plain: OpenAIModel = {
  efforts: [],
  sampling: "always",
  stop: true,
  callsInChat: true,
  searchesInChat: false
}

const reasoning = (efforts: ReadonlyArray<Effort>, generation: number): OpenAIModel => ({
  efforts,
  sampling: efforts.includes("none") ? "without reasoning" : "never",
  stop: generation >= 505,
  callsInChat: generation < 506,
  searchesInChat: false
})

/** Of gpt-6 and later only these can leave reasoning out. */
const silent = /^gpt-(6-sol|6-luna|6\.1-terra)(-\d|$)/

/** The facts of a model; `undefined` for one that is not OpenAI's own, of which nobody here knows. */
export const of = (model: string): OpenAIModel | undefined => {
  if (/^o\d/.test(model)) {
    return { ...reasoning(between("low", "high"), 0), stop: /^o(1|3-mini)\b/.test(model) }
  }
  const match = /^gpt-(\d+)(o?)(?:\.(\d+))?(.*)$/.exec(model)
  if (match === null) return undefined
  if (model.includes("-search-")) return { ...plain, searchesInChat: true }
  const [, major = "", isOmni, minor = "0", variant = ""] = match
  const generation = Number(major) * 100 + Number(minor)
  if (generation < 500 || isOmni === "o" || /^-chat\b/.test(variant)) return plain
  if (variant.includes("-pro")) {
    return reasoning(generation === 500 ? ["high"] : between("medium", generation < 502 ? "high" : "xhigh"), generation)
  }
  if (variant.includes("-codex")) {
    return reasoning(between("low", generation > 501 || variant.includes("-max") ? "xhigh" : "high"), generation)
  }
  if (generation >= 600) {
    return reasoning(silent.test(model) ? between("none", "max", "minimal") : between("low", "max"), generation)
  }
  if (generation === 500) return reasoning(between("minimal", "high"), generation)
  return reasoning(
    between("none", generation === 501 ? "high" : generation < 506 ? "xhigh" : "max", "minimal"),
    generation
  )
}
