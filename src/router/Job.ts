/** One request on its way: everything that is known when the first leg opens. */
import type * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import type * as Draining from "../Draining.ts"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import type { Entry } from "../FlexMemory.ts"
import type { ModelCatalog, Tier } from "../ModelCatalog.ts"
import type * as Routing from "../Routing.ts"
import type { Transport } from "../Transport.ts"
import type { JsonObject } from "../wire/Json.ts"
import type { Attempt } from "./Attempt.ts"
import type { ConnectionPool } from "./ConnectionPool.ts"
import type * as Encode from "./Encode.ts"
import type { LegLog } from "./LegLog.ts"
import type * as Passage from "./Passage.ts"
import type { CallOptions, Options } from "./RouterOptions.ts"
import type { Secrets } from "./Secrets.ts"

export interface Job {
  readonly transport: Transport["Service"]
  readonly catalog: ModelCatalog
  readonly secrets: Secrets
  readonly pool: ConnectionPool
  /** What holds for this call. */
  readonly options: Options
  /** What was said for this call alone. */
  readonly own: CallOptions | undefined
  readonly incoming: Encode.Incoming
  /** What of the request's headers and query travels upstream. */
  readonly sent: Passage.Sent | undefined
  readonly plan: Routing.Plan
  /** Epoch milliseconds. */
  readonly receivedAt: number
  readonly log: LegLog
  /** Takes note of the request, where its record is wanted. */
  readonly attempt: Attempt | undefined
  /** Whether this process is about to end, in which case no race waits any longer. */
  readonly draining: Draining.State | undefined
  /** What flex memory has decided, and what it is to be told; only of a request with a window, where there is one. */
  readonly entry?: Entry | undefined
  /** A name for what the source format leaves nameless. */
  readonly newId: () => string
  /** Keeps a translated answer, as its caller gets it, where there is a store and the caller has nothing against it. */
  readonly keep: ((body: JsonObject) => Effect.Effect<void>) | undefined
  /** The request for a route; both legs of a race and every retry send the same. */
  readonly encode: (route: Routing.ConnectedRoute) => Result.Result<Encode.Encoded, FlexInferenceError>
}

/** One call to one route at one tier. */
export interface LegPlan {
  readonly route: Routing.ConnectedRoute
  readonly encoded: Encode.Encoded
  readonly tier: Tier
}

/** A leg that was chosen, and how it came about. */
export interface Committed<A> {
  readonly leg: LegPlan
  readonly answer: A
  readonly reason: Routing.Reason
  readonly fallbackAttempts: number
  readonly retries: number
  /** Epoch milliseconds. */
  readonly at: number
}

/** Whether the route answers in another format than the caller asked in. */
export const isTranslated = (job: Job, leg: LegPlan): boolean => leg.route.dialect !== job.incoming.surface
