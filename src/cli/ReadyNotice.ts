/** What the gateway prints when it is ready. */
import * as KeyVariables from "./KeyVariables.ts"

/** The one line a supervisor waits for. */
export const ready = (origin: string, providers: ReadonlyArray<string>): string =>
  `flexinference gateway listening on ${origin} (providers: ${providers.join(", ")})`

export interface Options {
  readonly origin: string
  /** How this command is called. */
  readonly command: string
  /** The gateway asks for a key. */
  readonly keyed: boolean
}

const body = JSON.stringify({ model: "gpt-5.5", input: "Why is the sky blue?", start_within: "00h-00m-05s" })

const script = (origin: string, apiKey: string): string =>
  `import OpenAI from "openai"; const client = new OpenAI({ baseURL: "${origin}/v1", apiKey: ${apiKey} }); ` +
  `console.log((await client.responses.create(${body})).output_text)`

/** What to know and what to try when the providers are simulated: a sentence, then three commands, one a line. */
export const simulated = ({ command, keyed, origin }: Options): string =>
  [
    "",
    "No provider key is set, so every answer is SIMULATED: the wire format and the timing are like the providers', the " +
    `text is made up. Set ${KeyVariables.listed("or")} to ask the real ones.`,
    "",
    keyed ? "Try, with one of the gateway's keys in $KEY:" : "Try:",
    `  curl ${origin}/v1/responses ${keyed ? "-H \"authorization: Bearer $KEY\" " : ""}` +
    `-H 'content-type: application/json' -d '${body}'`,
    `  ${keyed ? "KEY=\"$KEY\" " : ""}node --input-type=module -e '${
      script(origin, keyed ? "process.env.KEY" : "\"any\"")
    }'`,
    `  FLEXINFERENCE_BASE_URL=${origin}/v1 FLEXINFERENCE_API_KEY=${keyed ? "\"$KEY\"" : "any"} ` +
    `${command} ask "Why is the sky blue?" --model gpt-5.5 --start-within 5s --stream --hosted`
  ].join("\n")
