/** What is asked: the argument, what stands on standard input, and the files, as the input of a request. */
import type { InputItem } from "../../api/Responses.ts"
import type { Part } from "./Attachment.ts"

/** The argument first, then what was piped in: `git diff | flexinference ask "Review this"`. */
export const join = (argument: string | undefined, piped: string | undefined): string => {
  const texts = [argument, piped].filter((text) => text !== undefined && text.trim() !== "")
  return texts.length === 2 ? `${argument?.trimEnd()}\n\n${piped?.trimStart()}` : texts.join("")
}

/** A text alone is the input itself; files go before the question about them. */
export const input = (text: string, parts: ReadonlyArray<Part>): string | ReadonlyArray<InputItem> =>
  parts.length === 0
    ? text
    : [{ role: "user", content: text === "" ? [...parts] : [...parts, { type: "input_text", text }] }]
