/** Promises that are not kept yet, and by what they will be: they are skipped under that word, and no others. */
export const awaiting: ReadonlyArray<{ readonly test: RegExp; readonly what: string }> = [
  {
    test: /vercel on gemini.* openai responses: (?:calls a tool|streams a tool|takes a second turn after)/,
    what: "what was answered, kept for references to it (`item_reference`)"
  },
  {
    test: /vercel on claude.* openai responses: (?:streams a tool|takes a second turn after)/,
    what: "what was answered, kept for references to it (`item_reference`)"
  }
]

export const awaits = (name: string): string | undefined => awaiting.find(({ test }) => test.test(name))?.what
