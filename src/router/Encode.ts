/**
 * A caller's request as one leg sends it. On a native path the caller's own text travels, with the router's members
 * cut out and the tier put in; only between different dialects is it translated, always through Responses.
 */
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import type { Dialect, Translated, Untranslatable } from "../Dialect.ts"
import * as Embedded from "../dialect/Embedded.ts"
import * as ForeignSignature from "../dialect/ForeignSignature.ts"
import { answerable } from "../dialect/responses/Conversation.ts"
import { withoutIdleChoice } from "../dialect/responses/Tools.ts"
import * as Identifiers from "../dialect/Identifiers.ts"
import { requestFromHub } from "../dialect/responses/Rules.ts"
import { type FlexInferenceError, invalidRequest, type Problem, unsupported } from "../FlexInferenceError.ts"
import type { Tier } from "../ModelCatalog.ts"
import * as RequestFields from "../RequestFields.ts"
import type { Plan, Route } from "../Routing.ts"
import * as StartWithin from "../StartWithin.ts"
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"
import * as JsonMembers from "../wire/JsonMembers.ts"
import * as JsonSource from "../wire/JsonSource.ts"
import { type Continued, notFound, ownField, type Reference } from "./Continue.ts"
import { leaveOut, type Smaller } from "./LeaveOut.ts"
import { strayElement } from "./Lists.ts"

/** The caller's request: as a program gave it, or as text and the value that it holds. */
export interface Incoming {
  readonly surface: Dialect
  readonly text: string | undefined
  readonly value: JsonObject
  /** What it refers to that is not kept here: only a provider of its own format could know it. */
  readonly missing?: Reference | undefined
  /** What became of its references to what is kept here. */
  readonly continued?: Continued | undefined
}

/**
 * The request with as much of its window as the deadline leaves, for whoever races elsewhere and is told of no deadline.
 */
export const shortened = (
  incoming: Incoming,
  { startWithin }: Pick<RequestFields.RequestFields, "startWithin">,
  { routes: [{ provider }], window }: Pick<Plan, "routes" | "window">
): Incoming => {
  if (!provider.races || !Duration.isDuration(startWithin) || window === startWithin) return incoming
  const start_within = window === undefined ? "default" : Result.getOrThrow(StartWithin.fromDurationResult(window))
  const text = incoming.text === undefined ? undefined : JsonMembers.edit(incoming.text, { set: { start_within } })
  return { ...incoming, text, value: { ...incoming.value, start_within } }
}

/** The request for a model by the name that its provider knows it by. */
export const named = (incoming: Incoming, model: string): Incoming => {
  const { surface, text, value } = incoming
  // Some say the model in the address alone.
  if (!Json.isGiven(value, "model") || value["model"] === model) return incoming
  const renamed = text === undefined ? undefined : JsonMembers.edit(text, { set: { model } })
  return { surface, text: renamed, value: { ...value, model } }
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
  /** The request in the dialect that is asked in, without what depends on the leg. */
  readonly value: JsonObject
  /** The format the provider is asked in: the route's, or another of the provider's that can say what that cannot. */
  readonly dialect: Dialect
  /** What was left out, by the caller's names. */
  readonly dropped: ReadonlyArray<string>
  /** The text one leg sends. */
  readonly body: (leg: LegForm) => string
}

/** The request for a route, or the error that names what the provider cannot be told. */
export const encode = (
  incoming: Incoming,
  route: Route,
  dropUnsupported = false
): Result.Result<Encoded, FlexInferenceError> => {
  const { surface, value } = incoming
  const { dialect } = route
  if (route.provider.races) {
    const { text } = incoming
    const body = text === undefined
      ? JSON.stringify(value)
      : JsonMembers.edit(text, { once: [...RequestFields.checkedAndSent, "service_tier"] })
    return Result.succeed({ hub: value, value, dialect, dropped: [], body: () => body })
  }
  if (dialect === surface) {
    const own = dropForeign(incoming)
    const body = (leg: LegForm) => edit(own, route, leg, RequestFields.owned)
    return Result.succeed({ hub: value, value, dialect, dropped: [], body })
  }
  if (incoming.missing !== undefined) return Result.fail(notFound(incoming.missing, surface))
  if (incoming.text !== undefined) Embedded.remember(incoming.text, value)
  const own = without(value, RequestFields.owned)
  const stray = strayElement(own)
  if (stray !== undefined) return Result.fail(invalidRequest([misplaced(ownField(incoming, stray))]))
  const translated = translate(
    surface,
    [dialect, ...route.others ?? []],
    { request: own, dropped: [] },
    dropUnsupported
  )
  const { continued } = incoming
  return Result.map(carried(incoming, route, translated), ({ dialect, dropped, hub, value }) => {
    const text = JsonSource.stringify(value)
    // An answer says which one it continues.
    const echoed = continued?.id === undefined ? hub : { ...hub, previous_response_id: continued.id }
    return { hub: echoed, value, dialect, dropped, body: (leg) => edit(text, { ...route, dialect }, leg, []) }
  })
}

/** `encode` for one request, which translates it for a route only once. */
export const once = (incoming: Incoming, dropUnsupported?: boolean): (route: Route) => ReturnType<typeof encode> => {
  const encoded = new Map<Route, ReturnType<typeof encode>>()
  return (route) => {
    const found = encoded.get(route) ?? encode(incoming, route, dropUnsupported)
    encoded.set(route, found)
    return found
  }
}

/** So many fields of a request are left out at most: for every one it is translated again. */
const mostDropped = 20

/** A request in the first format that can carry it; where none can, without what is refused, if that may be left out. */
const translate = (
  surface: Dialect,
  targets: ReadonlyArray<Dialect>,
  smaller: Smaller,
  dropUnsupported: boolean
): Translated<Omit<Encoded, "body">> => {
  const { dropped, request } = smaller
  const hub = (surface.translation ?? surface.plain)?.requestToResponses(request) ?? Result.succeed(request)
  let refusal: Untranslatable | undefined
  if (Result.isFailure(hub)) refusal = hub.failure
  else {
    for (const dialect of targets) {
      const value = inOwnWords(surface, request, fromHub(dialect, hub.success))
      if (Result.isSuccess(value)) {
        return Result.succeed({ hub: hub.success, value: value.success, dialect, dropped })
      }
      // What the provider's own first format says of it is the plainest.
      refusal ??= value.failure
    }
  }
  if (refusal === undefined) return Result.fail({ field: "", message: "There is no format to ask in." })
  const [top] = refusal.field.split(/[.[]/)
  const isKept = refusal.isEssential === true || top === surface.required.field || dropped.length === mostDropped
  const next = dropUnsupported && !isKept ? leaveOut(smaller, refusal.field) : undefined
  return next === undefined ? Result.fail(refusal) : translate(surface, targets, next, dropUnsupported)
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

const fromHub = ({ identifiers, translation }: Dialect, hub: JsonObject): Translated<JsonObject> =>
  Result.flatMap(
    answerable(withoutIdleChoice(hub), translation?.prefill?.(Json.string(hub, "model") ?? "") ?? false),
    (hub) => {
      const named = identifiers === undefined ? hub : Identifiers.toWire(hub, identifiers)
      return translation === undefined ? requestFromHub(named) : translation.requestFromResponses(named)
    }
  )

/** A refusal of the translation from the hub, by the name the field has in the caller's own request. */
const inOwnWords = <A>(
  { plain, translation }: Dialect,
  request: JsonObject,
  translated: Translated<A>
): Translated<A> =>
  Result.mapError(translated, ({ field, isEssential, message }) => {
    const own = (translation ?? plain)?.fieldOf(field, request) ?? field
    return { field: own, message: message.replaceAll(`\`${field}\``, () => `\`${own}\``), isEssential }
  })

const carried = <A>(
  incoming: Incoming,
  route: Route,
  translated: Translated<A>
): Result.Result<A, FlexInferenceError> =>
  Result.mapError(translated, ({ field: placed, message }) => {
    const field = ownField(incoming, placed)
    const said = message.replaceAll(`\`${placed}\``, () => `\`${field}\``)
    return unsupported({
      code: "untranslatable_field",
      param: field,
      message: `${said} ${route.provider.title} is asked in another format than this request came in. ` +
        `Leave ${field} out, or ask for a model that understands it.`
    })
  })

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
