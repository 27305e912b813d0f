/**
 * A caller's request as one leg sends it. On a native path the caller's own text travels, with the router's members
 * cut out and the tier put in; only between different dialects is it translated, always through Responses (D5).
 */
import * as Result from "effect/Result"
import type { Dialect, Translated } from "../Dialect.ts"
import * as Embedded from "../dialect/Embedded.ts"
import * as ForeignSignature from "../dialect/ForeignSignature.ts"
import * as Identifiers from "../dialect/Identifiers.ts"
import { requestFromHub } from "../dialect/responses/Rules.ts"
import { type FlexInferenceError, invalidRequest, type Problem, unsupported } from "../FlexInferenceError.ts"
import type { Tier } from "../ModelCatalog.ts"
import * as RequestFields from "../RequestFields.ts"
import type { Route } from "../Routing.ts"
import type { JsonObject } from "../wire/Json.ts"
import * as JsonMembers from "../wire/JsonMembers.ts"
import * as JsonSource from "../wire/JsonSource.ts"
import { strayElement } from "./Lists.ts"

/** The caller's request: as a program gave it, or as text and the value that it holds. */
export interface Incoming {
  readonly surface: Dialect
  readonly text: string | undefined
  readonly value: JsonObject
}

/**
 * How a leg's answer is had: as one body, as a stream for a caller who asked for one, or as a stream that is gathered
 * for a caller who did not (a race always streams, because only a stream shows a start).
 */
export type Mode = "body" | "stream" | "collect"

/** What one leg adds to a request. */
export interface LegForm {
  readonly tier: Tier
  readonly mode: Mode
}

/** One route's form of a request. */
export interface Encoded {
  /** The request in Responses form, for what a translated answer echoes; the caller's own on a native path. */
  readonly hub: JsonObject
  /** The request in the route's dialect, without what depends on the leg. */
  readonly value: JsonObject
  /** The text one leg sends. */
  readonly body: (leg: LegForm) => string
}

/** The request for a route, or the error that names what the route's dialect cannot carry. */
export const encode = (incoming: Incoming, route: Route): Result.Result<Encoded, FlexInferenceError> => {
  const { surface, value } = incoming
  if (route.provider.races) {
    const { text } = incoming
    const body = text === undefined
      ? JSON.stringify(value)
      : JsonMembers.edit(text, { once: [...RequestFields.checkedAndSent, "service_tier"] })
    return Result.succeed({ hub: value, value, body: () => body })
  }
  if (route.dialect === surface) {
    const own = dropForeign(incoming)
    return Result.succeed({ hub: value, value, body: (leg) => edit(own, route, leg, RequestFields.owned) })
  }
  return Result.gen(function*() {
    if (incoming.text !== undefined) Embedded.remember(incoming.text, value)
    const own = without(value, RequestFields.owned)
    const stray = strayElement(own)
    if (stray !== undefined) return yield* Result.fail(invalidRequest([misplaced(stray)]))
    const hub = yield* carried(
      route,
      (surface.translation ?? surface.plain)?.requestToResponses(own) ?? Result.succeed(own)
    )
    const { identifiers } = route.dialect
    const named = identifiers === undefined ? hub : Identifiers.toWire(hub, identifiers)
    const target = yield* carried(route, inOwnWords(surface, own, fromHub(route.dialect, named)))
    const text = JsonSource.stringify(target)
    return { hub, value: target, body: (leg) => edit(text, route, leg, []) }
  })
}

/** `encode` for one request, which translates it for a route only once. */
export const once = (incoming: Incoming): (route: Route) => ReturnType<typeof encode> => {
  const encoded = new Map<Route, ReturnType<typeof encode>>()
  return (route) => {
    const found = encoded.get(route) ?? encode(incoming, route)
    encoded.set(route, found)
    return found
  }
}

/** A follow-up of a translated request, as a leg sends it. */
export const again = (request: JsonObject, route: Route, form: LegForm): string =>
  edit(JsonSource.stringify(request), route, form, [])

const edit = (request: string | JsonObject, route: Route, leg: LegForm, remove: ReadonlyArray<string>): string => {
  const word = route.provider.tierToWire(leg.tier)
  const edits = {
    once: RequestFields.checkedAndSent,
    remove: word === undefined ? [...remove, "service_tier"] : remove,
    set: {
      ...(word === undefined ? {} : { service_tier: word }),
      ...(leg.mode === "body" ? {} : { stream: true }),
      ...(leg.mode === "collect" ? route.dialect.collecting : {})
    }
  }
  return typeof request === "string"
    ? JsonMembers.edit(request, edits)
    : JSON.stringify({ ...without(request, edits.remove), ...edits.set })
}

/**
 * The caller's request without what other providers put into its conversation for themselves. Only where there is such
 * a thing is the conversation written anew.
 */
const dropForeign = ({ surface, text, value }: Incoming): string | JsonObject => {
  const { field } = surface.required
  const conversation = value[field]
  if (conversation === undefined || !ForeignSignature.isMentioned(text ?? JSON.stringify(conversation))) {
    return text ?? value
  }
  if (text !== undefined) Embedded.remember(text, value)
  const kept = ForeignSignature.dropForeign(conversation) ?? []
  if (kept === conversation) return text ?? value
  return text === undefined
    ? { ...value, [field]: kept }
    : JsonMembers.edit(text, { set: { [field]: kept }, print: JsonSource.stringify })
}

const fromHub = (dialect: Dialect, hub: JsonObject): Translated<JsonObject> =>
  dialect.translation?.requestFromResponses(hub) ?? requestFromHub(hub)

/** A refusal of the translation from the hub, by the name the field has in the caller's own request. */
const inOwnWords = <A>(
  { plain, translation }: Dialect,
  request: JsonObject,
  translated: Translated<A>
): Translated<A> =>
  Result.mapError(translated, ({ field, message }) => {
    const own = (translation ?? plain)?.fieldOf(field, request) ?? field
    return { field: own, message: message.replaceAll(`\`${field}\``, () => `\`${own}\``) }
  })

const carried = <A>(route: Route, translated: Translated<A>): Result.Result<A, FlexInferenceError> =>
  Result.mapError(translated, ({ field, message }) =>
    unsupported({
      code: "untranslatable_field",
      param: field,
      message: `${message} ${route.provider.title} is asked in another format than this request came in. ` +
        `Leave ${field} out, or ask for a model that understands it.`
    }))

const misplaced = (field: string): Problem => ({
  field,
  code: "invalid_element",
  message:
    `\`${field}\` is no object. Every element of this list is one. For example: { "role": "user", "content": "Hello" }.`,
  rule: "Every element of this list is an object.",
  example: "{ \"role\": \"user\", \"content\": \"Hello\" }"
})

const without = (value: JsonObject, names: ReadonlyArray<string>): JsonObject =>
  Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)))
