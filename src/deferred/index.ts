/**
 * Requests whose answer may take longer than ten minutes.
 *
 * @since 0.1.0
 */

/** The service that carries them out. */
export * as Deferred from "./Deferred.ts"
/** Where they are kept. */
export * as DeferredStore from "./DeferredStore.ts"
/** Which rung a request stands on, and when it takes the next. */
export * as Ladder from "./Ladder.ts"
/** A request as it is stored. */
export * as Request from "./Request.ts"
/** One way to have a request done. */
export * as Rung from "./Rung.ts"
