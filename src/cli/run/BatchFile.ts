/** A line of a batch file as OpenAI's batch interface takes it: a request under a name of the file's own. */
import * as Result from "effect/Result"
import { createHash } from "node:crypto"
import { dialects } from "../../dialect/index.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import * as JsonSource from "../../wire/JsonSource.ts"

export interface Entry {
  /** Of the line, from 1. */
  readonly number: number
  readonly customId: string
  readonly body: JsonObject
  /** The same for the same request under the same name, whichever file and run it stands in. */
  readonly key: string
}

const url = dialects.responses.paths[0]

const longestId = 256

/** The request of a line, or what is wrong with it. */
export const entry = (line: string, number: number): Result.Result<Entry, string> => {
  const wrong = (what: string) => Result.fail(`line ${number}: ${what}`)
  const value = JsonSource.parseObject(line)
  if (value === undefined) {
    return wrong(`it is no JSON object. Expected: {"custom_id": "1", "method": "POST", "url": "${url}", "body": {…}}`)
  }
  const customId = Json.string(value, "custom_id")
  if (customId === undefined || customId === "" || customId.length > longestId) {
    return wrong(`custom_id is missing, or no text of up to ${longestId} characters`)
  }
  if ((Json.string(value, "method") ?? "POST") !== "POST") return wrong("method has to be POST")
  if (Json.string(value, "url") !== url) {
    return wrong(`url is ${JSON.stringify(value["url"] ?? null).slice(0, 100)}; requests are taken for ${url} alone`)
  }
  const body = Json.object(value, "body")
  if (body === undefined) return wrong("body is missing, or no object")
  if (Json.isGiven(body, "complete_within")) {
    return wrong("body.complete_within cannot stand there: --complete-within says it for the whole file")
  }
  return Result.succeed({ number, customId, body, key: keyOf(customId, JsonSource.stringify(body)) })
}

const keyOf = (customId: string, body: string): string =>
  `run_${createHash("sha256").update(JSON.stringify([customId, body])).digest("hex")}`
