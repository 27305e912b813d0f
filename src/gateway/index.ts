/**
 * The gateway of effect-flexinference: the router as an HTTP server on Node.
 */

/** The HTTP server behind which the router speaks to any client. */
export * as Gateway from "./Gateway.ts"
/** The surfaces as a group of a user's own `HttpApi`. */
export * as SurfaceApi from "./SurfaceApi.ts"

/** How the gateway's log reads. */
export * as Log from "./Log.ts"

/** The service that keeps what each key has spent today. */
export * as SpendLedger from "./SpendLedger.ts"

/** The service that knows who calls, and what they may do; it can be told of others while the gateway runs. */
export * as Tenancy from "./Tenancy.ts"
