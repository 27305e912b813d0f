/**
 * A request that refers to answers given before, with what it refers to in its place: from there on it is the request
 * that its caller would have sent with the whole conversation in it.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { AnswerStore, type Kept, loopback } from "../AnswerStore.ts"
import type { Dialect } from "../Dialect.ts"
import * as Embedded from "../dialect/Embedded.ts"
import { type FlexInferenceError, invalidRequest } from "../FlexInferenceError.ts"
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"
import * as JsonMembers from "../wire/JsonMembers.ts"
import * as JsonSource from "../wire/JsonSource.ts"
import type { Incoming } from "./Encode.ts"

/** Something that a request refers to, and where it does. */
export interface Reference {
  readonly field: string
  readonly id: string
  /** Whether it is a whole answer or one element of a conversation. */
  readonly to: "answer" | "part"
}

/** How a request came to hold what it referred to. */
export interface Continued {
  /** The answer that it continues. */
  readonly id: string | undefined
  /** The member that named it. */
  readonly by: string
  /** How many elements of a conversation were put before its own. */
  readonly elements: number
  /** Whether its own conversation was a list. */
  readonly isList: boolean
}

/** What a request refers to; nothing, for nearly all. */
export const referencesOf = ({ references, required }: Dialect, request: JsonObject): ReadonlyArray<Reference> => {
  if (references === undefined) return []
  const { previous, referred } = references
  const found: Array<Reference> = []
  const id = Json.string(request, previous)
  if (id !== undefined) found.push({ field: previous, id, to: "answer" })
  if (referred !== undefined) {
    for (const [index, element] of (Json.array(request, required.field) ?? []).entries()) {
      const id = Json.isObject(element) ? referred(element) : undefined
      if (id !== undefined) found.push({ field: `${required.field}[${index}]`, id, to: "part" })
    }
  }
  return found
}

/**
 * The request with all that is kept of what it refers to. What is not kept stays as it is, for a provider that may know
 * it; the first of that is `missing`.
 */
export const resolve = (
  incoming: Incoming,
  asked: ReadonlyArray<Reference>,
  kept: ReadonlyArray<Kept>
): Incoming => {
  const { surface, text, value } = incoming
  const { references, required: { field } } = surface
  if (references === undefined) return incoming
  const parts = partsOf(kept)
  const answer = kept.find(({ id }) => asked.some((reference) => reference.to === "answer" && reference.id === id))
  const missing = asked.find(({ id, to }) => to === "answer" ? answer === undefined : !parts.has(id))
  const isUnknown = answer === undefined && !asked.some(({ id, to }) => to === "part" && parts.has(id))
  if (isUnknown) return { ...incoming, missing }
  if (text !== undefined) Embedded.remember(text, value)
  const before = answer?.conversation ?? []
  const conversation = [
    ...before,
    ...references.conversation(value).map((element) => {
      const id = Json.isObject(element) ? references.referred?.(element) : undefined
      return id === undefined ? element : parts.get(id) ?? element
    })
  ]
  const remove = answer === undefined ? [] : [references.previous]
  const set = { [field]: conversation }
  return {
    surface,
    missing,
    continued: {
      id: answer?.id,
      by: references.previous,
      elements: before.length,
      isList: Json.array(value, field) !== undefined
    },
    text: text === undefined ? undefined : JsonMembers.edit(text, { remove, set, print: JsonSource.stringify }),
    value: Object.fromEntries(
      Object.entries({ ...value, ...set }).filter(([name]) => !remove.includes(name))
    )
  }
}

/** Everything in these conversations that has an id. */
const partsOf = (kept: ReadonlyArray<Kept>): ReadonlyMap<string, Json.Json> =>
  new Map(kept.flatMap(({ conversation }) =>
    conversation.flatMap((element) => {
      const id = Json.isObject(element) ? Json.string(element, "id") : undefined
      return id === undefined ? [] : [[id, element] as const]
    })
  ))

/** What is kept of an answer to a request; nothing of one without a name. */
export const keptOf = ({ surface, value }: Incoming, body: JsonObject): Kept | undefined => {
  const { name, references } = surface
  const id = Json.string(body, "id") ?? ""
  return references === undefined || id === ""
    ? undefined
    : { surface: name, id, conversation: [...references.conversation(value), ...references.said(body)] }
}

/** The answers that are kept for the caller of a request. */
export interface Answers {
  /** The request with what it refers to; `undefined` where it refers to nothing. */
  readonly continued: (incoming: Incoming) => Effect.Effect<Incoming, FlexInferenceError> | undefined
  /** Keeps what answers the request; `undefined` where its caller wants nothing kept. */
  readonly keeping: (incoming: Incoming) => ((body: JsonObject) => Effect.Effect<void>) | undefined
}

/** What the context keeps for an owner; `undefined` where it keeps nothing, or the format refers to nothing. */
export const answersOf = (
  context: Context.Context<never>,
  surface: Dialect,
  owner: string = loopback
): Answers | undefined => {
  const store = surface.references === undefined ? undefined : Context.getOrUndefined(context, AnswerStore)
  return store && {
    continued: (incoming) => {
      const asked = referencesOf(surface, incoming.value)
      return asked.length === 0
        ? undefined
        : Effect.map(
          store.find(owner, surface.name, asked.map(({ id }) => id)),
          (kept) => resolve(incoming, asked, kept)
        )
    },
    keeping: (incoming) =>
      Json.boolean(incoming.value, "store") === false ? undefined : (body) => {
        const kept = keptOf(incoming, body)
        return kept === undefined ? Effect.void : store.keep(owner, kept)
      }
  }
}

/**
 * The caller's own name of a field of a request that was continued: its elements stand behind those that were put before
 * them, and what is wrong with those is wrong with the reference to them.
 */
export const ownField = ({ continued, surface }: Incoming, field: string): string => {
  if (continued === undefined || continued.elements === 0) return field
  const name = surface.required.field
  const [, digits = "", rest = ""] = new RegExp(`^${name}\\[(\\d+)\\](.*)$`).exec(field) ?? []
  if (digits === "") return field
  const own = Number(digits) - continued.elements
  return own < 0 ? continued.by : continued.isList ? `${name}[${own}]${rest}` : name
}

/** What is said of a reference that nobody can resolve, whosever it is. */
export const notFound = ({ field, id, to }: Reference, surface: Dialect): FlexInferenceError => {
  const whole = surface.required.field
  const rule = to === "answer"
    ? `Send the whole conversation in \`${whole}\` instead, the answers so far included, and leave \`${field}\` out.`
    : `Send the whole item in \`${field}\` instead, as it stood in the answer's output.`
  return invalidRequest([{
    field,
    code: to === "answer" ? "previous_response_not_found" : "item_not_found",
    message:
      `\`${field}\` refers to ${JSON.stringify(id)}, which is not kept here: it is unknown, too old, or was made ` +
      `with \`store: false\`. ${rule}`,
    rule,
    example: "{ \"role\": \"user\", \"content\": \"Hello\" }"
  }], 404)
}
