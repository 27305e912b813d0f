/** Who may use the gateway: whoever sends one of its keys. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Headers from "effect/http/Headers"
import * as UrlParams from "effect/http/UrlParams"
import * as Layer from "effect/Layer"
import { isString } from "effect/Predicate"
import { timingSafeEqual } from "node:crypto"
import { loopback } from "../AnswerStore.ts"
import type { Dialect, KeyPlace } from "../Dialect.ts"
import { type FlexInferenceError, unauthenticated } from "../FlexInferenceError.ts"
import * as Keys from "./Keys.ts"
import * as OwnSite from "./OwnSite.ts"

/**
 * Whose a request is, where the server around the routes has found out: its own middleware provides it, and then the
 * request needs no key of the gateway's. What is kept of an answer belongs to this name.
 *
 * @since 0.1.0
 * @category references
 */
export const CurrentOwner: Context.Reference<string | undefined> = Context.Reference<string | undefined>(
  "effect-flexinference/gateway/CurrentOwner",
  { defaultValue: () => undefined }
)

/** Where a request may carry its key. */
export interface Credentials {
  readonly headers: Headers.Headers
  readonly searchParams: { readonly [name: string]: string | ReadonlyArray<string> | undefined }
}

/** Where the clients of these formats put their keys. */
export const placesOf = (dialects: Iterable<Dialect>): ReadonlyArray<KeyPlace> =>
  Array.from(dialects, ({ key }) => key).filter((key) => key !== undefined)

/** Keeps the keys out of spans and inspections, wherever the clients of these formats put them. */
export const redacted = (dialects: Iterable<Dialect>): Layer.Layer<never> => {
  const places = placesOf(dialects)
  const params = places.flatMap(({ searchParam }) => searchParam === undefined ? [] : [searchParam])
  return Layer.mergeAll(
    Layer.effect(
      Headers.CurrentRedactedNames,
      Effect.map(Headers.CurrentRedactedNames, (names) => [...names, ...places.map(({ header }) => header)])
    ),
    Layer.effect(
      UrlParams.CurrentRedactedNames,
      Effect.map(UrlParams.CurrentRedactedNames, (names) => [...names, ...params])
    )
  )
}

const bearer = /^Bearer +(\S+) *$/i

/** Every key a request carries, as a bearer token or in one of these places. */
export const presented = (
  places: ReadonlyArray<KeyPlace>,
  { headers, searchParams }: Credentials
): ReadonlyArray<string> =>
  [
    bearer.exec(headers["authorization"] ?? "")?.[1],
    ...places.map(({ header }) => headers[header]),
    ...places.map(({ searchParam }) => searchParam === undefined ? undefined : searchParams[searchParam])
  ].filter((key): key is string => isString(key) && key !== "")

/**
 * The keys, if any were given, ready to be compared. A list without one must not open the gateway to everyone, and names
 * that are not one key's own would mix what belongs to two.
 */
export const usable = (
  keys: ReadonlyArray<Keys.Given> | undefined
): Effect.Effect<ReadonlyArray<Keys.Entry> | undefined> => {
  if (keys === undefined) return Effect.undefined
  const entries = keys.map(Keys.entry)
  const names = new Set([loopback, ...entries.map((entry) => entry?.owner)])
  return entries.length === 0 || !entries.every((entry) => entry !== undefined) || names.size <= entries.length
    ? Effect.die(
      new Error(
        "The gateway's list of keys is empty, or holds a key that is empty or has white space in it, or two with one name."
      )
    )
    : Effect.succeed(entries)
}

/**
 * Lets a request pass that carries one of the keys, and tells who it is by something that does not tell the key; with no
 * keys at all, every request of this machine's own passes as the same.
 */
export const make = (
  keys: ReadonlyArray<Keys.Entry> | undefined
): (places: ReadonlyArray<KeyPlace>, credentials: Credentials) => Effect.Effect<string, FlexInferenceError> => {
  if (keys === undefined) {
    return (_, { headers }) =>
      Effect.flatMap(
        Effect.service(CurrentOwner),
        (owner) => owner === undefined ? Effect.as(OwnSite.check(headers), loopback) : Effect.succeed(owner)
      )
  }
  return (places, credentials) => {
    const candidates = presented(places, credentials)
    if (candidates.length === 0) return Effect.fail(missing)
    for (const candidate of candidates) {
      const own = find(keys, Keys.digest(candidate))
      if (own !== undefined) return Effect.succeed(own.owner)
    }
    return Effect.fail(unknown)
  }
}

/** What an owner is called in records: of a digest no more than tells it from others. */
export const nameOf = (owner: string): string => /^[\w-]{43}$/.test(owner) ? `key-${owner.slice(0, 8)}` : owner
// Every key is looked at, so that the time taken does not tell which one came close.
const find = (keys: ReadonlyArray<Keys.Entry>, candidate: Buffer): Keys.Entry | undefined =>
  keys.reduce<Keys.Entry | undefined>((found, key) => timingSafeEqual(key.digest, candidate) ? key : found, undefined)

const missing = unauthenticated({
  code: "missing_api_key",
  message: "The request carries no API key. Send one of this gateway's keys as `Authorization: Bearer <key>`."
})

const unknown = unauthenticated({
  code: "invalid_api_key",
  message: "The API key is not one of this gateway's keys. Use one of those it was started with; they are not the " +
    "providers' own keys."
})
