/** What the simulated provider says: a text in many small pieces, the same every time. */

/** One whole answer of a dialect at one tier. */
export interface Answer {
  readonly body: string
  /** Server-sent events, each with its blank line. */
  readonly events: ReadonlyArray<string>
}

/** Makes the answer of a dialect whose stream has `count` events and was served at `tier`. */
export type Answering = (count: number, tier: string) => Answer

// Pieces as models emit them: mostly short English words, now and then more than one byte a character or an escape.
const pieces = [
  " the",
  " sky",
  " is",
  " blue",
  " because",
  " sun",
  "light",
  " is",
  " scattered",
  " by",
  " air",
  ",",
  " and",
  " short",
  " waves",
  " go",
  " further",
  " astray",
  " than",
  " long",
  " ones",
  ".",
  " Rayleigh",
  "’s",
  " law",
  " says",
  " \"why\"",
  ":\n",
  "1",
  "/",
  "λ",
  "⁴",
  "."
]

/** `count` pieces of text. */
export const deltas = (count: number): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, index) => pieces[index % pieces.length] ?? "")

/** An event with a name. */
export const named = (name: string, data: object): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`

/** What pads OpenAI's deltas to lengths that give nothing away. */
export const obfuscation = (index: number): string => "mZhSFjZXJr0XaQ7b".slice(0, (index * 7) % 17)

export const created = 1_787_000_000
