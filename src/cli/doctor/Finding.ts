/** What the doctor finds, as functions of facts: each says what is so, and what to do where that is not well. */
import * as Duration from "effect/Duration"
import * as ModelCatalog from "../../ModelCatalog.ts"
import * as Suggestion from "../Suggestion.ts"

export interface Finding {
  /** `problem`: requests fail. `warning`: they work, but not as well as they could. */
  readonly level: "ok" | "warning" | "problem"
  readonly subject: string
  readonly message: string
}

type Make = (subject: string, message: string) => Finding
export const ok: Make = (subject, message) => ({ level: "ok", subject, message })
export const warning: Make = (subject, message) => ({ level: "warning", subject, message })
export const problem: Make = (subject, message) => ({ level: "problem", subject, message })

/** The version of Node, such as `22.19.0`. */
export const node = (version: string): Finding => {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  if (major < 20 || (major === 20 && minor < 20)) {
    return problem("node", `${version} is too old: install Node 24, or at least 20.20`)
  }
  return major === 20
    ? warning("node", `${version} works, but gets no more fixes since April 2026: Node 22 and 24 do`)
    : ok("node", version)
}

/** What a provider answered to being asked for its models. */
export type Reach =
  | { readonly _tag: "Answered"; readonly status: number; readonly refused: boolean; readonly gateway: boolean }
  | { readonly _tag: "Unreachable"; readonly cause: string }

/** A provider that has a key, at its address. */
export const provider = (
  { baseUrl, baseUrlVariable, keyVariable, name }: {
    readonly name: string
    readonly baseUrl: string
    readonly baseUrlVariable: string
    readonly keyVariable: string
  },
  reach: Reach
): Finding => {
  if (reach._tag === "Unreachable") {
    return problem(name, `${baseUrl} cannot be reached (${reach.cause}): look at the network, or at ${baseUrlVariable}`)
  }
  if (reach.gateway) {
    return problem(
      name,
      `${baseUrl} is a gateway of this very kind, not the provider: a gateway started here would ask itself. Unset ` +
        `${baseUrlVariable}, which is meant for clients`
    )
  }
  if (reach.refused) {
    return problem(name, `${baseUrl} does not take the key in ${keyVariable} (status ${reach.status})`)
  }
  if (reach.status >= 200 && reach.status < 300) return ok(name, `${baseUrl} answers and takes the key`)
  return reach.status >= 500
    ? warning(name, `${baseUrl} answers, but with status ${reach.status}: it may be out of order for now`)
    : warning(name, `${baseUrl} answers with status ${reach.status}: whether it takes the key is not known`)
}

/** What is set out of a race's way: the window, who waits for it, and who tries again. */
export interface Patience {
  /** `undefined` for a named tier, which is not waited for. */
  readonly window: Duration.Duration | undefined
  readonly timeout: { readonly duration: Duration.Duration; readonly source: string } | undefined
  readonly retries: number
}

const inWords = (duration: Duration.Duration): string => Duration.format(duration)

/** What the standard leg needs once it is asked, before it has started; generously. */
const start = Duration.seconds(30)

/** Proxies are known to cut an answer that shows nothing for so long. */
const proxies = Duration.minutes(1)

/** Whether everybody outside waits for as long as the window is open. */
export const outerTimeout = ({ timeout, window }: Patience): Finding => {
  if (window === undefined) return ok("timeout", "a named tier is asked at once: there is no window to wait for")
  if (timeout === undefined) {
    return Duration.isLessThan(window, proxies)
      ? ok("timeout", `nothing known cuts a wait of ${inWords(window)}; say yours with --timeout`)
      : warning(
        "timeout",
        `a window of ${
          inWords(window)
        } is longer than many proxies wait for a first byte (60s): raise their timeout, ` +
          "and say the shortest with --timeout"
      )
  }
  const wait = `${timeout.source} gives up after ${inWords(timeout.duration)}`
  if (Duration.isLessThanOrEqualTo(timeout.duration, window)) {
    return problem(
      "timeout",
      `${wait}, before standard is even asked at ${inWords(window)}: every request that flex does not start in time ` +
        `fails. Raise it above ${inWords(Duration.sum(window, start))}, or shorten the window`
    )
  }
  return Duration.isLessThan(timeout.duration, Duration.sum(window, start))
    ? warning(
      "timeout",
      `${wait}, which leaves standard less than ${inWords(start)} after a window of ${inWords(window)}: raise it to ` +
        inWords(Duration.sum(window, start))
    )
    : ok("timeout", `${wait}, which is long enough for a window of ${inWords(window)}`)
}

/** What becomes of one request where the client tries again by itself. */
export const retries = (patience: Patience): Finding => {
  const { retries, window } = patience
  if (retries === 0) return ok("retries", "the client does not try again by itself")
  const legs = window === undefined ? 1 : 2
  const calls = `one request can become ${(retries + 1) * legs} calls to the provider`
  return outerTimeout(patience).level === "problem"
    ? problem("retries", `each of the client's ${retries} retries begins a new race after its timeout: ${calls}`)
    : warning(
      "retries",
      `with the client's ${retries} retries ${calls}: set its retries to 0 (maxRetries, max_retries) where a request ` +
        "asks for its own with the field retry"
    )
}

/** A variable of ours that nobody reads is a typing error. */
export const variables = (
  names: Iterable<string>,
  known: ReadonlyArray<string>
): ReadonlyArray<Finding> =>
  Array.from(names)
    .filter((name) => name.startsWith("FLEXINFERENCE_") && !known.includes(name))
    .map((name) => warning(name, `nobody reads this variable.${Suggestion.question(Suggestion.closest(name, known))}`))

/** The model that is asked without being named. */
export const model = (id: string, window: Duration.Duration | undefined, now: number): Finding => {
  const catalog = ModelCatalog.builtIn
  const found = ModelCatalog.lookup(catalog, id)
  if (found === undefined) {
    return warning(
      "model",
      `${JSON.stringify(id)} is not in the catalogue.${Suggestion.question(Suggestion.models(id, catalog))}`
    )
  }
  if (found.retires !== undefined) {
    const day = found.retires.slice(0, 10)
    return Date.parse(found.retires) <= now
      ? problem("model", `${id} retired on ${day}: choose another`)
      : warning("model", `${id} retires on ${day}`)
  }
  if (window === undefined || ModelCatalog.isFlexCapable(catalog, id)) return ok("model", id)
  const other = ModelCatalog.flexAlternative(catalog, id)
  return warning(
    "model",
    `${id} has no flex tier, so a window saves nothing there${other === undefined ? "" : `; ${other.id} has one`}`
  )
}
