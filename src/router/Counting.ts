/** How many tokens a request reads: asked of the model's provider, in one call, without a race or a retry. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Dialect, DialectName } from "../Dialect.ts"
import { type FlexInferenceError, transportFailed, unsupported } from "../FlexInferenceError.ts"
import type { ModelCatalog } from "../ModelCatalog.ts"
import type { Registry } from "../Provider.ts"
import * as RequestFields from "../RequestFields.ts"
import * as Routing from "../Routing.ts"
import type { Transport } from "../Transport.ts"
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"
import * as JsonMembers from "../wire/JsonMembers.ts"
import * as JsonSource from "../wire/JsonSource.ts"
import * as Decode from "./Decode.ts"
import * as Encode from "./Encode.ts"
import * as Leg from "./Leg.ts"
import * as Passage from "./Passage.ts"
import type { Options } from "./RouterOptions.ts"
import type { Secrets } from "./Secrets.ts"

/** What a provider counted, in the words of the surface. */
export interface Counted {
  readonly text: string
  readonly value: JsonObject
  /** What its provider said beside it, where it was asked in the caller's own format. */
  readonly headers: Passage.Passed | undefined
}

export interface Question {
  readonly transport: Transport["Service"]
  readonly catalog: ModelCatalog
  readonly secrets: Secrets
  readonly options: Options
  readonly decoding: Decode.Options & { readonly providers: Registry }
  readonly dialects: ReadonlyMap<DialectName, Dialect>
  readonly dialect: Dialect
  /** The request as a text, where it came as one, and what it holds. */
  readonly asked: { readonly text: string | undefined; readonly value: Json.Json | undefined }
  /** Where it does not stand in the request. */
  readonly model: string | undefined
  readonly caller: Passage.Caller | undefined
}

/** Counting is quick; whoever waits for it has not even asked yet. */
const patience = Duration.seconds(60)

export const count = (question: Question): Effect.Effect<Counted, FlexInferenceError> =>
  Effect.suspend(() => {
    const { caller, dialect: surface, options, secrets, transport } = question
    const asked = askedOf(question)
    if (Result.isFailure(asked)) return Effect.fail(asked.failure)
    const { body, model, route } = asked.success
    const native = route.dialect === surface
    const accountHeaders = options.accountHeaders === true
    return Effect.flatMap(
      Effect.scoped(Leg.readBody({
        transport,
        provider: route.provider,
        connection: route.connection,
        secrets,
        dialect: route.dialect,
        native,
        accountHeaders,
        sent: caller && native ? Passage.request(surface.protocol, caller, accountHeaders) : undefined,
        body,
        count: model,
        clocks: { firstByte: patience, idle: patience, total: patience },
        untilStart: undefined,
        startSignal: "output"
      })),
      ({ headers, text, value }) => {
        if (native) {
          return Effect.succeed({ text, value, headers: Passage.answer(surface.protocol, headers, accountHeaders) })
        }
        const tokens = route.dialect.counting?.read(value)
        const own = tokens === undefined ? undefined : surface.counting?.write(tokens)
        return own === undefined
          ? Effect.fail(numberless(route))
          : Effect.succeed({ text: JSON.stringify(own), value: own, headers: undefined })
      }
    )
  })

interface Asked {
  readonly route: Routing.ConnectedRoute
  readonly model: string
  readonly body: string
}

const askedOf = (
  { catalog, decoding, dialect: surface, dialects, model, asked: { text, value: given } }: Question
): Result.Result<Asked, FlexInferenceError> =>
  Result.gen(function*() {
    const { counting } = surface
    // What a count leaves out is no mistake: it has no tier, and its conversation may be stored where it is counted.
    const fields = yield* Decode.validate(
      surface,
      Json.isObject(given)
        ? { input: [], messages: [], ...given, ...(model === undefined ? {} : { model }), start_within: "default" }
        : given,
      decoding
    )
    const { model: name, routes: [route] } = yield* Routing.plan(fields, {
      surface,
      catalog,
      providers: decoding.providers,
      dialects
    })
    const incoming = Encode.named({ surface, text, value: Json.isObject(given) ? given : {} }, name)
    if (counting === undefined || route.provider.races || route.dialect.counting === undefined) {
      return yield* Result.fail(uncounted(route, name))
    }
    if (route.dialect === surface) {
      return {
        route,
        model: name,
        body: JsonMembers.edit(incoming.text ?? JSON.stringify(incoming.value), {
          once: RequestFields.checkedAndSent,
          remove: RequestFields.owned
        })
      }
    }
    if (counting.behindModel !== undefined) return yield* Result.fail(uncounted(route, name))
    // The provider's other formats may not be ones it counts in.
    const encoded = yield* Encode.encode(incoming, { ...route, others: undefined })
    const body = JsonSource.stringify(route.dialect.counting.request(encoded.value))
    return { route, model: name, body }
  })

const numberless = ({ provider }: Routing.Route): FlexInferenceError =>
  transportFailed({
    provider: provider.name,
    retryable: false,
    message: `${provider.title} was asked for a count and answered without one.`
  })

const uncounted = ({ provider }: Routing.Route, model: string): FlexInferenceError =>
  unsupported({
    code: "count_unsupported",
    param: "model",
    message:
      `The tokens of ${JSON.stringify(model)} cannot be counted here: ${provider.title} cannot be asked for it ` +
      `in this format. Ask in a format of the model's own provider, or for a model of this format's.`
  })
