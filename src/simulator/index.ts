/**
 * Simulated providers for tests and demonstrations: `Testing.layerTest` is `FlexInference` over them, `Simulator` the
 * `HttpClient` and the `Transport` that answer, `Script` chooses a `Behavior` for each call, and the ledger tells what
 * became of it.
 */

/** What a simulated provider says, before it is put into anybody's format. */
export * as Answer from "./Answer.ts"
/** How a simulated provider treats one call. */
export * as Behavior from "./Behavior.ts"
/** What a simulator remembers of the calls it was made. */
export * as Ledger from "./Ledger.ts"
/** Which behavior a simulated provider shows to which call. */
export * as Script from "./Script.ts"
/** The simulated providers. */
export * as Simulator from "./Simulator.ts"
/** The layer for the usual cases of a test, and time that passes. */
export * as Testing from "./Testing.ts"
