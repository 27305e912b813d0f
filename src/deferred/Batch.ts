/** A batch of deferred requests as it is stored, and one of its items. */
import * as Schema from "effect/Schema"

/**
 * A batch is sealed before it is handed over, and from `submitting` on it may have been: whoever finds it there after a
 * crash looks for it at its provider before it is handed over again.
 */
export const State = Schema.Literals(["sealed", "submitting", "submitted", "over"])

export const Batch = Schema.Struct({
  /** Ours; also its name at the provider. */
  id: Schema.String,
  /** Of which provider and model its requests are. */
  group: Schema.String,
  state: State,
  /** The provider's id of it. */
  providerId: Schema.NullOr(Schema.String),
  /** Epoch milliseconds. */
  createdAt: Schema.Number,
  /** How often it was handed over: more than once only where a crash came in between and it could not be found again. */
  submissions: Schema.Int,
  /** How many steps it has taken. */
  step: Schema.Int
})
export interface Batch extends Schema.Schema.Type<typeof Batch> {}

/** What came of an item; `status` and `text` as a call of its own would have been answered. */
export const Result = Schema.Struct({ status: Schema.Int, text: Schema.String })
export interface Result extends Schema.Schema.Type<typeof Result> {}

/** One request of a batch, by the id of the deferred request. */
export const Item = Schema.Struct({
  id: Schema.String,
  group: Schema.String,
  /** The format it is written in. */
  dialect: Schema.String,
  /** In the provider's own format. */
  body: Schema.String,
  /** The batch it is in; `null` as long as it waits for one. */
  batch: Schema.NullOr(Schema.String),
  result: Schema.NullOr(Result)
})
export interface Item extends Schema.Schema.Type<typeof Item> {}
