/** A deferred request as the command tells of it. What is not known is `null`, never 0. */
import type { Deferral } from "../../deferred/Deferred.ts"
import * as Json from "../../wire/Json.ts"
import * as Money from "../Money.ts"
import * as Progress from "../run/Progress.ts"
import type { Frames } from "../StatusLine.ts"

/** The rung that answered, or that is under way, or that was the last to be tried. */
export const rungOf = ({ attempts }: Pick<Deferral, "attempts">): string | undefined => attempts.at(-1)?.rung

/** The text of an answer; empty where it holds none. */
export const textOf = ({ response }: Pick<Deferral, "response">): string =>
  Json.objects(response, "output")
    .filter((item) => Json.string(item, "type") === "message")
    .flatMap((item) => Json.objects(item, "content"))
    .map((part) => Json.string(part, "text") ?? "")
    .join("")

/** How it was carried out, in one line. */
export const summary = (deferral: Deferral): string => {
  const { attempts, costMicroUsd, savingMicroUsd } = deferral
  const unknown = attempts.filter(({ outcome }) => outcome === "unknown").length
  return [
    rungOf(deferral) ?? "not begun",
    `${attempts.length} ${attempts.length === 1 ? "try" : "tries"}`,
    costMicroUsd === null ? "price unknown" : Money.dollars(costMicroUsd),
    ...(savingMicroUsd === null || savingMicroUsd === 0 ? [] : [`saved ${Money.dollars(savingMicroUsd)}`]),
    ...(unknown === 0 ? [] : [`${unknown} cut off by a crash, perhaps paid for`])
  ].join(" · ")
}

/** The line of a request that is waited for, by what is known of it. */
export const frames = (current: () => Deferral, left: number): Frames => (elapsed) => {
  const { attempts, status } = current()
  const last = attempts.at(-1)
  const where = last?.outcome === "running" ? `on ${last.rung}` : status.replace("_", " ")
  const until = left - elapsed
  return {
    text: `${where} · ${until > 0 ? `${Progress.remaining(until)} left` : "the deadline has passed"}`,
    millis: 500
  }
}

/** The object to print. */
export const toJson = (deferral: Deferral): object => ({
  id: deferral.id,
  status: deferral.status,
  created_at: new Date(deferral.createdAt).toISOString(),
  deadline: new Date(deferral.deadline).toISOString(),
  answer: deferral.status === "completed" ? textOf(deferral) : null,
  error: deferral.failure,
  attempts: deferral.attempts,
  cost_micro_usd: deferral.costMicroUsd,
  saving_micro_usd: deferral.savingMicroUsd
})
