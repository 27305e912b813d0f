/** Citations: the same facts, nested under `url_citation` in Chat Completions and flat in Responses. */
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"

/** An annotation as Responses has it. */
export const toHub = (annotation: JsonObject): JsonObject => {
  const { url_citation: citation, ...rest } = annotation
  return Json.isObject(citation) ? { ...rest, ...citation } : annotation
}

/** An annotation as Chat Completions has it; `base` is where its text part begins in the whole content. */
export const fromHub = (annotation: JsonObject, base: number): JsonObject => {
  if (Json.string(annotation, "type") !== "url_citation") return annotation
  const { type, ...citation } = annotation
  const start = Json.number(annotation, "start_index")
  const end = Json.number(annotation, "end_index")
  return Json.compact({
    type,
    url_citation: Json.compact({
      ...citation,
      start_index: start === undefined ? undefined : start + base,
      end_index: end === undefined ? undefined : end + base
    })
  })
}
