/**
 * Deferred requests over HTTP, as OpenAI's clients ask for answers in the background: `POST /v1/responses` with
 * `background: true` and `complete_within` answers at once, `GET /v1/responses/{id}` tells where the request stands,
 * `POST …/cancel` cancels it and `DELETE` removes it.
 */
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import { Deferred } from "../deferred/Deferred.ts"
import type { Dialect } from "../Dialect.ts"
import { dialects } from "../dialect/index.ts"
import { type FlexInferenceError, invalidRequest, type Problem } from "../FlexInferenceError.ts"
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"
import type * as Paths from "./Paths.ts"

/** The format that deferred requests are asked in. */
const surface = dialects.responses

/** What is asked of one that was accepted. */
export interface DeferralPath extends Paths.Path {
  readonly ask: (
    deferred: Deferred["Service"],
    id: string,
    owner: string
  ) => Effect.Effect<JsonObject, FlexInferenceError>
}

/** The paths of a request that was accepted. */
export const paths: ReadonlyArray<DeferralPath> = surface.paths.flatMap((path): ReadonlyArray<DeferralPath> => {
  const one = { dialect: surface, keys: [] }
  return [
    {
      ...one,
      path: `${path}/:response`,
      method: "GET",
      ask: ({ poll }, id, owner) => Effect.map(poll(id, owner), ({ response }) => response)
    },
    {
      ...one,
      path: `${path}/:response/cancel`,
      method: "POST",
      ask: ({ cancel }, id, owner) => Effect.map(cancel(id, owner), ({ response }) => response)
    },
    {
      ...one,
      path: `${path}/:response`,
      method: "DELETE",
      ask: ({ remove }, id, owner) => Effect.as(remove(id, owner), { id, object: "response", deleted: true })
    }
  ]
})

/** The request of a body that asks to be deferred; `undefined` for every other, which is not read for that. */
export const asked = (text: string): JsonObject | undefined => {
  if (!text.includes("\"complete_within\"")) return undefined
  const request = Json.parseObject(text)
  return request !== undefined && Object.hasOwn(request, "complete_within") ? request : undefined
}

/** Accepts a request of a surface, where there is a service that carries it out. */
export const accept = (
  deferred: Option.Option<Deferred["Service"]>,
  { name }: Dialect,
  text: string,
  request: JsonObject,
  caller: { readonly owner: string; readonly key: string | undefined }
): Effect.Effect<JsonObject, FlexInferenceError> => {
  if (deferred._tag === "None") return Effect.fail(notHere)
  if (name !== surface.name) return Effect.fail(elsewhere)
  return request["background"] === true
    ? Effect.map(deferred.value.submit(text, caller), ({ response }) => response)
    : Effect.fail(invalidRequest([foreground]))
}

const example = "\"background\": true, \"complete_within\": \"02h-00m-00s\""

const refusal = (code: string, field: string, rule: string): Problem => ({
  code,
  field,
  rule,
  example,
  message: `\`${field}\` cannot be as it is. ${rule}`
})

const foreground = refusal(
  "invalid_background",
  "background",
  "A request with `complete_within` is answered later: it says `\"background\": true`, and its answer is fetched by its id."
)

const elsewhere = invalidRequest([
  refusal(
    "invalid_complete_within",
    "complete_within",
    `It is taken on POST ${
      surface.paths[0]
    }, for a model of any provider; elsewhere, start_within says how long flex may take.`
  )
])

const notHere = invalidRequest([
  refusal(
    "deferred_not_offered",
    "complete_within",
    "This gateway keeps no deferred requests: it was started without a store for them (FLEXINFERENCE_STORE)."
  )
])
