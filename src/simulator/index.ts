/**
 * Simulated providers for tests and demonstrations: `Simulator` is the `HttpClient` that answers, `Script` chooses a
 * `Behavior` for each call, and the ledger tells what became of it.
 */
export * as Answer from "./Answer.ts"
export * as Behavior from "./Behavior.ts"
export * as Ledger from "./Ledger.ts"
export * as Script from "./Script.ts"
export * as Simulator from "./Simulator.ts"
