/** Promises that are not kept yet, and by what they will be: they are skipped under that word, and no others. */
export const awaiting: ReadonlyArray<{ readonly test: RegExp; readonly what: string }> = [
  {
    test: /vercel on (?:gemini|claude).* openai responses: (?:calls a tool|streams a tool|takes a second turn)/,
    what: "what was answered, kept for references to it (`item_reference`)"
  },
  {
    test: /vercel on gemini.* anthropic: gets an object/,
    what: "a forced tool with parallel use disabled on Gemini"
  },
  { test: /opencode by Anthropic.* on gemini/, what: "`top_k` of a Messages request on Gemini" },
  { test: /instructor on claude.* gets an object by JSON/, what: "`json_object` on Claude" }
]

export const awaits = (name: string): string | undefined => awaiting.find(({ test }) => test.test(name))?.what
