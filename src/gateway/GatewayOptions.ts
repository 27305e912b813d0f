/** What a gateway can be told. */
import type * as Duration from "effect/Duration"
import type * as AnswerStore from "../AnswerStore.ts"
import type { Dialect } from "../Dialect.ts"
import type * as FlexMemory from "../FlexMemory.ts"
import type * as Early from "./Early.ts"
import type * as Listening from "./Listening.ts"
import type * as RequestBody from "./RequestBody.ts"
import type * as Tenancy from "./Tenancy.ts"

/** What the gateway can be told. */
export interface Options extends RequestBody.Options, Early.Options, Tenancy.Options, Listening.Options {
  /**
   * Whether it learns from flex legs when flex is worth waiting for. Otherwise every window is kept to the letter. A
   * `FlexMemory` in the context, or in the router's, takes the place of its own.
   * @default true
   */
  readonly adaptive?: boolean | undefined
  /**
   * How many flex legs may wait at once; where there is no place, standard is asked at once.
   * @default { total: 5000 }
   */
  readonly flexSlots?: FlexMemory.Slots | undefined
  /** How much of translated answers is kept, so that they can be continued. An `AnswerStore` in the context takes its place. */
  readonly answers?: AnswerStore.Options | undefined
  /** Formats of one's own beside the built-in ones; the router is told of them too. */
  readonly dialects?: ReadonlyArray<Dialect> | undefined
  /**
   * The origins whose web pages may call it, such as `https://app.example.com`; it needs keys for that.
   * @default none
   */
  readonly cors?: ReadonlyArray<string> | undefined
  /**
   * Whether a browser that opens `/` is shown how the gateway fares, as a page.
   * @default true
   */
  readonly dashboard?: boolean | undefined
  /** Marks every response as coming from simulated providers. */
  readonly simulated?: boolean | undefined
  /**
   * @default "127.0.0.1"
   */
  readonly host?: string | undefined
  /**
   * Where it listens; 0 takes any free port, which the `HttpServer` service names.
   * @default 8787
   */
  readonly port?: number | undefined
  /**
   * How long it still takes requests when it is closing and `/readyz` has begun to say 503: as long as it takes whoever
   * spreads requests to see that.
   * @default 0
   */
  readonly unready?: Duration.Input | undefined
  /**
   * How long requests that are under way may go on once the gateway is closing.
   * @default "20 seconds"
   */
  readonly drain?: Duration.Input | undefined
  /**
   * How long a caller may leave what is sent to it unread, without a byte of progress, before it is cut off and its call
   * is aborted; 0 waits for ever.
   * @default "60 seconds"
   */
  readonly writeStall?: Duration.Input | undefined
}
