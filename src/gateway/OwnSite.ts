/**
 * Who may use a gateway without keys: whoever calls it by a name of this machine, and no page of another site. A browser
 * sends such a page's requests here as well: to a name of the page's own that has come to mean this machine, or across
 * sites as it stands. It says so in `Host`, `Origin` and `Sec-Fetch-Site`, of which no page can write its own.
 */
import * as Effect from "effect/Effect"
import type * as Headers from "effect/http/Headers"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import * as Refusal from "./GatewayError.ts"

const name = String.raw`(?:(?:[a-z0-9-]+\.)*localhost\.?|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?`
const loopback = new RegExp(`^${name}$`, "i")
const ownOrigin = new RegExp(`^https?://${name}$`, "i")

const strange = ({ host, origin, "sec-fetch-site": site }: Headers.Headers): string | undefined => {
  // Only what is older than HTTP/1.1 goes without, and no browser is.
  if (host !== undefined && !loopback.test(host)) return "Host"
  if (origin !== undefined && !ownOrigin.test(origin)) return "Origin"
  return site === "cross-site" ? "Sec-Fetch-Site" : undefined
}

/** Lets a request of this machine's own pass. */
export const check = (headers: Headers.Headers): Effect.Effect<void, FlexInferenceError> => {
  const header = strange(headers)
  return header === undefined ? Effect.void : Effect.fail(Refusal.foreignSite(header))
}
