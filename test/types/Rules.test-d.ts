import type { ChatRequest } from "../../src/api/ChatCompletions.ts"
import type { TextBlock } from "../../src/api/Messages.ts"
import type { Members } from "../../src/wire/Json.ts"
import * as Rules from "../../src/dialect/Rules.ts"

const { carried, dropped } = Rules.rulesTo<"input" | "stop">()

// Every field of the source needs a statement: a new one does not compile without.
// @ts-expect-error `b` is missing
export const missing: Rules.Rules<"a" | "b", "input" | "stop"> = { a: dropped("") }

// The fields that a translation reads are those of the request's type, without the router's own.
// @ts-expect-error `start_within` never reaches a translation
export const own: Rules.FieldOf<ChatRequest> = "start_within"

// What a field becomes are members of the target, and no others.
// @ts-expect-error `inptu` is no field of the target
export const place = carried("inptu")
// @ts-expect-error `stpo` is no field of the target
export const members = carried("stop", { members: () => ({ stpo: "x" }) })

// @ts-expect-error a block has no member `txet`
export const misspelt = { type: "text", txet: "" } satisfies Members<TextBlock>
// @ts-expect-error a block is not of this type
export const strange = { type: "txet", text: "" } satisfies Members<TextBlock>
