/**
 * What a model of Google's accepts, by its name. Only a translated request needs it.
 *
 * Wire facts, 2026-11-25: vendor documentation and the capability table of the Vercel AI SDK 4. Thinking cannot be
 * switched off; pro models, and flash models from 3.7 on, have no `minimal`, gemini-3-pro has no `medium`, and
 * gemini-4-hydrogen goes beyond `high`. Sampling parameters are deprecated, and from Gemini 3 on advised against.
 */
import type { Effort } from "../Effort.ts"
import { between } from "../Effort.ts"

export interface GeminiModel {
  readonly efforts: ReadonlyArray<Effort>
  readonly sampling: boolean
}

const effortsOf = (name: string): ReadonlyArray<Effort> => {
  const [, major = "0", minor = "0", rest = ""] = /^gemini-(\d+)(?:\.(\d+))?(.*)$/.exec(name) ?? []
  const generation = Number(major) * 100 + Number(minor)
  if (generation > 0 && generation < 205) return []
  if (/^-hydrogen\b/.test(rest)) return between("low", "xhigh")
  if (/-pro\b/.test(name)) return generation === 300 ? ["low", "high"] : between("low", "high")
  const isFlash = /^-flash(?!-lite)/.test(rest) && generation >= 307
  return between(isFlash || name === "gemini-flash-latest" ? "low" : "minimal", "high")
}

/** The facts of a model; a name that nobody knows is taken for one of the newest. */
export const of = (model: string): GeminiModel => {
  const name = model.replace(/^models\//, "")
  return { efforts: effortsOf(name), sampling: !/^gemini-[3-9]/.test(name) }
}
