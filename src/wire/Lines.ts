/** Texts of one JSON object a line. */
import * as Json from "./Json.ts"
import type { JsonObject } from "./Json.ts"

/** The objects of a text; a line that is none is left out. */
export const objects = (text: string): ReadonlyArray<JsonObject> =>
  text.split("\n").map(Json.parseObject).filter((value) => value !== undefined)
