/**
 * How a gateway's log reads: JSON lines for machines, or lines for a person. A request's record is a line as it is, at its
 * own level; whatever else Effect logs stands beside it.
 *
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type * as LogLevel from "effect/LogLevel"
import * as References from "effect/References"
import * as AttemptLog from "../AttemptLog.ts"
import type { AttemptRecord } from "../AttemptLog.ts"

/** The forms a log can have. */
export type Format = "json" | "pretty"

/** A record on its way through Effect's logger. */
class RequestLine {
  readonly record: AttemptRecord
  constructor(record: AttemptRecord) {
    this.record = record
  }
}

const levels: { readonly [level in AttemptLog.Level]: LogLevel.Severity } = {
  info: "Info",
  warn: "Warn",
  error: "Error"
}

/**
 * Logs every record, beside the log that is in the context, if there is one.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerRecords: Layer.Layer<AttemptLog.AttemptLog> = AttemptLog.layerEffect(
  Effect.map(Effect.context<never>(), (context) =>
    AttemptLog.AttemptLog.of({
      record: (record) =>
        Effect.provideContext(Effect.logWithLevel(levels[record.level])(new RequestLine(record)), context)
    }))
)

const recordIn = (message: unknown): AttemptRecord | undefined => {
  const [first] = Arr.ensure(message)
  return first instanceof RequestLine ? first.record : undefined
}

const textOf = (message: unknown): string =>
  Arr.ensure(message).map((part) => typeof part === "string" ? part : JSON.stringify(part)).join(" ")

/**
 * One JSON object a line.
 *
 * @since 0.1.0
 * @category loggers
 */
export const json: Logger.Logger<unknown, string> = Logger.make(({ cause, date, fiber, logLevel, message }) =>
  JSON.stringify(
    recordIn(message) ?? {
      time: date.toISOString(),
      level: logLevel.toLowerCase(),
      event: "log",
      message: textOf(message),
      ...(cause.reasons.length === 0 ? {} : { cause: Cause.pretty(cause) }),
      ...fiber.getRef(References.CurrentLogAnnotations)
    }
  )
)

/**
 * One line that a person reads; a cause takes more.
 *
 * **Example** (lines for whoever looks at the terminal, and JSON lines for a file)
 *
 * ```ts
 * import { Layer, Logger } from "effect"
 * import { NodeFileSystem } from "@effect/platform-node"
 * import { Log } from "effect-flexinference/gateway"
 *
 * export const layer = Logger.layer([
 *   Logger.withConsoleError(Log.pretty),
 *   Logger.toFile(Log.json, "gateway.jsonl")
 * ]).pipe(Layer.provide(NodeFileSystem.layer))
 * ```
 *
 * @since 0.1.0
 * @category loggers
 */
export const pretty: Logger.Logger<unknown, string> = Logger.make(({ cause, date, logLevel, message }) => {
  const record = recordIn(message)
  const text = record === undefined ? textOf(message) : line(record)
  const why = cause.reasons.length === 0 ? "" : `\n${Cause.pretty(cause)}`
  return `${date.toISOString().slice(0, 19)}Z ${logLevel.toUpperCase().padEnd(5)} ${text}${why}`
})

/** What a caller may have chosen, without what a terminal would obey. */
const plain = (word: string | null): string =>
  word === null ? "-" : /^[\w.:/@+-]+$/.test(word) ? word : JSON.stringify(word)

const seconds = (millis: number): string => `${(millis / 1000).toFixed(millis < 1000 ? 3 : 1)} s`

const dollars = (microUsd: number): string => `$${(microUsd / 1_000_000).toFixed(6)}`

/**
 * A record in one line, without its time and level.
 *
 * @internal
 */
export const line = (record: AttemptRecord): string => {
  const { costMicroUsd, provider, reason, savingMicroUsd, startedAfterMs, status, tier } = record
  const failed = status < 400 ? undefined : record.legs.at(-1)?.outcome
  return [
    `${status} POST ${plain(record.surface)} ${plain(record.model)}`,
    ...(provider === null
      ? []
      : [[provider, tier, reason, failed].filter((word) => word != null).map(plain).join(" ")]),
    startedAfterMs === null
      ? `took ${seconds(record.durationMs)}`
      : `started after ${seconds(startedAfterMs)}, took ${seconds(record.durationMs)}`,
    ...(costMicroUsd === null ? [] : [
      savingMicroUsd === null || savingMicroUsd === 0
        ? dollars(costMicroUsd)
        : savingMicroUsd > 0
        ? `${dollars(costMicroUsd)}, saved ${dollars(savingMicroUsd)}`
        : `${dollars(costMicroUsd)}, ${dollars(-savingMicroUsd)} above standard`
    ]),
    ...[record.key, record.requestId].filter((name) => name !== null).map(plain)
  ].join(" · ")
}

/**
 * A log of this form on stderr, in place of Effect's own.
 *
 * **Example** (a gateway that logs JSON lines)
 *
 * ```ts
 * import { Layer } from "effect"
 * import { Gateway, Log } from "effect-flexinference/gateway"
 *
 * export const gateway = Gateway.layer().pipe(
 *   Layer.provide(Log.layerRecords),
 *   Layer.provide(Log.layer({ format: "json", level: "Info" }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: { readonly format: Format; readonly level: LogLevel.LogLevel }): Layer.Layer<never> =>
  Layer.mergeAll(
    Logger.layer([Logger.withConsoleError(options.format === "json" ? json : pretty)]),
    Layer.succeed(References.MinimumLogLevel, options.level)
  )
