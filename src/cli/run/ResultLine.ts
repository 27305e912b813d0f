/**
 * A line of the file of results, in the output format of OpenAI's batch interface. One member more says how the request
 * was carried out, so that a run that goes on knows what the lines before it cost.
 */
import type { Deferral } from "../../deferred/Deferred.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"

/** What a line says of a request. */
export interface Outcome {
  readonly customId: string
  readonly answered: boolean
  /** Which rung answered. */
  readonly rung: string | undefined
  /** In micro-USD by the price list; `undefined` is not known. */
  readonly costMicroUsd: number | undefined
  readonly savingMicroUsd: number | undefined
  /** Tries that ended with their process: they may have been paid for. */
  readonly unknownTries: number
}

/** What came of a request that is over. */
export const outcome = (customId: string, deferral: Deferral): Outcome => ({
  customId,
  answered: deferral.status === "completed",
  rung: deferral.attempts.find((attempt) => attempt.outcome === "answered")?.rung,
  costMicroUsd: deferral.costMicroUsd ?? undefined,
  savingMicroUsd: deferral.savingMicroUsd ?? undefined,
  unknownTries: deferral.attempts.filter((attempt) => attempt.outcome === "unknown").length
})

const errorOf = ({ failure, response, status }: Deferral): Json.JsonObject | null => {
  if (status === "completed") return null
  if (failure !== null) return { code: failure.code, message: failure.message }
  return status === "cancelled"
    ? { code: "cancelled", message: "The request was canceled." }
    : Json.object(response, "error") ?? { code: "server_error", message: "The request failed." }
}

/** The line, with its end. */
export const write = (customId: string, deferral: Deferral): string => {
  const { costMicroUsd, rung, savingMicroUsd, unknownTries } = outcome(customId, deferral)
  const line = {
    id: deferral.id,
    custom_id: customId,
    response: deferral.status === "completed"
      ? { status_code: 200, request_id: deferral.id, body: deferral.response }
      : null,
    error: errorOf(deferral),
    flexinference: {
      rung: rung ?? null,
      cost_micro_usd: costMicroUsd ?? null,
      saving_micro_usd: savingMicroUsd ?? null,
      unknown_tries: unknownTries
    }
  }
  return `${JSON.stringify(line)}\n`
}

/** What a line says; `undefined` where it is none, or was torn. */
export const read = (line: string): Outcome | undefined => {
  const value = Json.parseObject(line)
  const customId = value === undefined ? undefined : Json.string(value, "custom_id")
  if (value === undefined || customId === undefined) return undefined
  const own: JsonObject = Json.object(value, "flexinference") ?? {}
  return {
    customId,
    answered: !Json.isGiven(value, "error"),
    rung: Json.string(own, "rung"),
    costMicroUsd: Json.number(own, "cost_micro_usd"),
    savingMicroUsd: Json.number(own, "saving_micro_usd"),
    unknownTries: Json.number(own, "unknown_tries") ?? 0
  }
}
