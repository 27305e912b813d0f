/**
 * What of a call's headers and query goes through the router, where the provider is asked in the caller's own format:
 * what belongs to the format, and the few names that all formats share. Both ways it is a list of what may pass;
 * a credential, a cookie, a host, what belongs to one connection and whatever nobody named stay behind.
 */
import type { Protocol } from "../Dialect.ts"
import type { StartWithin } from "../StartWithin.ts"
import type { Headers } from "../Transport.ts"
import * as Bounds from "./Bounds.ts"

/** How a request came in, beside its body. Header names are in lower case, as Node and Effect give them. */
export interface Caller {
  readonly headers: { readonly [name: string]: string | undefined }
  readonly query?: { readonly [name: string]: string | ReadonlyArray<string> | undefined } | undefined
  /**
   * To whom belongs what is kept of the answer.
   * @default "loopback"
   */
  readonly owner?: string | undefined
  /** The request's name in its record. */
  readonly requestId?: string | undefined
  /** The name of its key in its record; never the key. */
  readonly key?: string | undefined
  /** What a request of this caller's gets that has no `start_within`, before the router's own default. */
  readonly defaultStartWithin?: StartWithin | undefined
  /**
   * Asked before a race: it takes a place for one and gives what leaves it, or nothing where there is none, and the
   * request is served without a race.
   */
  readonly mayRace?: (() => (() => void) | undefined) | undefined
}

/** Headers that passed, by lower-case name. */
export type Passed = { readonly [name: string]: string }

/** What a leg sends beside its provider's own headers. */
export interface Sent {
  readonly headers: Passed
  /** As it is appended to an address; empty where there is none. */
  readonly query: string
}

const idempotencyKey = "idempotency-key"

const shared: ReadonlySet<string> = new Set([idempotencyKey, "x-client-request-id"])

/** What every provider may say about a request; rate limits of OpenAI's manner begin with `x-ratelimit-`. */
const told: ReadonlySet<string> = new Set(["x-request-id", "request-id", "retry-after", "retry-after-ms"])

/** Whatever its vendor calls it, a header whose name says that it opens something is not a matter of the format. */
const secret =
  /(?:^|-)(?:key|token|auth|authorization|secret|password|credentials?|cookie|assertion|jwt|iap|authenticated)(?:-|$)/

export const isSecret = (name: string): boolean => secret.test(name)

/** Names that say on whose account a request counts. */
const account = /-(?:organization|project|workspace)(?:-id)?$/

// Whatever Node would refuse to send: a line end in a value would begin another header.
const isLegal = (value: string): boolean => /^[\t\x20-\x7e\x80-\xff]*$/.test(value)

const belongs = (name: string, { names, prefixes }: Protocol): boolean =>
  (prefixes.some((prefix) => name.startsWith(prefix)) && !secret.test(name)) || names?.includes(name) === true

/** The headers whose names may pass; `undefined` where there are none, which is the rule. */
const passing = (
  headers: { readonly [name: string]: string | undefined },
  mayPass: (name: string) => boolean,
  withAccount: boolean
): { [name: string]: string } | undefined => {
  let passed: { [name: string]: string } | undefined
  let size = 0
  for (const name in headers) {
    if (!mayPass(name) || (!withAccount && account.test(name))) continue
    const value = headers[name]
    if (value === undefined || !isLegal(value)) continue
    size += name.length + value.length
    if (size > Bounds.headers) break
    passed ??= {}
    passed[name] = value
  }
  return passed
}

/** What of a caller's request travels upstream; `undefined` where nothing does. */
export const request = (
  protocol: Protocol | undefined,
  { headers, query }: Caller,
  withAccount: boolean
): Sent | undefined => {
  const passed = passing(
    headers,
    (name) => shared.has(name) || (protocol !== undefined && belongs(name, protocol)),
    withAccount
  )
  const search = protocol?.query === undefined || query === undefined ? "" : searchOf(protocol.query, query)
  return passed === undefined && search === "" ? undefined : { headers: passed ?? {}, query: search }
}

/** Values that mean the same escaped and unescaped: nothing can be added to an address by one. */
const isPlain = (value: string): boolean => /^[\w.~-]{1,256}$/.test(value)

const searchOf = (names: ReadonlyArray<string>, query: NonNullable<Caller["query"]>): string =>
  names.flatMap((name) =>
    (Object.hasOwn(query, name) ? [query[name] ?? []].flat().slice(-1) : [])
      .filter(isPlain)
      .map((value) => `${name}=${value}`)
  ).join("&")

/**
 * What one leg sends of it. The legs of a race, and the call that recovers one, send different bodies, so each has an
 * idempotency key of its own, which its retries use again.
 */
export const ofLeg = (sent: Sent, leg: string): Sent => {
  const key = sent.headers[idempotencyKey]
  return key === undefined ? sent : { ...sent, headers: { ...sent.headers, [idempotencyKey]: `${key}-${leg}` } }
}

/** What of an answer's headers the caller gets; `undefined` where that is none. */
export const answer = (protocol: Protocol | undefined, headers: Headers, withAccount: boolean): Passed | undefined =>
  passing(
    headers,
    (name) =>
      told.has(name) || name.startsWith("x-ratelimit-") ||
      (protocol !== undefined && protocol.prefixes.some((prefix) => name.startsWith(prefix)) && !secret.test(name)),
    withAccount
  )
