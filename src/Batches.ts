/**
 * The contract of a provider's batch interface: many requests handed over at once, answered within a day or so at a part
 * of the price. A provider that has one carries it in its record.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type { DialectName } from "./Dialect.ts"

/** One request of a batch, in the provider's own format. */
export interface Item {
  /** At most 64 letters, digits, `_` and `-`; once in a batch. */
  readonly id: string
  readonly body: string
}

/** What came of an item, as a call of its own would have been answered. */
export interface Answer {
  readonly id: string
  readonly status: number
  readonly body: string
}

/** A batch to hand over. */
export interface Batch {
  /** Ours, by which it is found again where the provider keeps it. */
  readonly name: string
  readonly dialect: DialectName
  readonly items: ReadonlyArray<Item>
}

/** One call to the provider. */
export interface Request {
  readonly method: "GET" | "POST"
  /** Below the root. */
  readonly path: string
  readonly body?: string | undefined
  /** @default "application/json" */
  readonly contentType?: string | undefined
}

/** Makes a call: the text of a 2xx, or the failure. */
export type Send = (request: Request) => Effect.Effect<string, BatchError>

/** The provider could not be reached, or said no. */
export class BatchError extends Data.TaggedError("BatchError")<{
  /** HTTP's; `undefined` where there was no answer. */
  readonly status: number | undefined
  readonly message: string
}> {}

/** Where a batch stands. */
export type Progress = "running" | "ended"

/** A provider's batch interface. */
export interface Batches {
  /** Of the standard price. */
  readonly price: number
  /** What stands before the paths of its calls, where that is not the base URL of a connection. */
  readonly root?: ((baseUrl: string) => string) | undefined
  readonly promise: Duration.Duration
  readonly maxItems: number
  /** Of all items together. */
  readonly maxBytes: number
  /** Hands a batch over; gives the provider's id of it. */
  readonly submit: (batch: Batch, send: Send) => Effect.Effect<string, BatchError>
  /** The id of a batch that was handed over under a name; a provider that keeps no names has none to give. */
  readonly find: (name: string, send: Send) => Effect.Effect<string | undefined, BatchError>
  readonly progress: (id: string, send: Send) => Effect.Effect<Progress, BatchError>
  /** What came of the items of a batch that has ended; one that is not among them was not carried out. */
  readonly answers: (id: string, send: Send) => Effect.Effect<ReadonlyArray<Answer>, BatchError>
  readonly cancel: (id: string, send: Send) => Effect.Effect<void, BatchError>
}
