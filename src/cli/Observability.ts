/** What a command that serves tells of itself: its log, the records of its requests, its metrics and its traces. */
import type * as ByteSize from "effect/ByteSize"
import * as Config from "effect/Config"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import type * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import type * as Path from "effect/Path"
import process from "node:process"
import * as AttemptFiles from "../AttemptFiles.ts"
import { type AttemptLog, layerEffect } from "../AttemptLog.ts"
import * as AttemptMetrics from "../AttemptMetrics.ts"
import * as Log from "../gateway/Log.ts"
import * as CommandFailed from "./CommandFailed.ts"
import * as LogFlags from "./LogFlags.ts"

const levels: { readonly [level in LogFlags.Level]: LogLevel.LogLevel } = {
  debug: "Debug",
  info: "Info",
  warn: "Warn",
  error: "Error",
  none: "None"
}

export interface Options {
  readonly logFormat: Option.Option<LogFlags.Format>
  readonly logLevel: Option.Option<LogFlags.Level>
}

/** The log, as the flags, the environment or the terminal have it. */
export const log = (options: Options): Layer.Layer<never, Config.ConfigError | CommandFailed.CommandFailed> =>
  Layer.unwrap(Effect.gen(function*() {
    const format = Option.getOrUndefined(options.logFormat) ??
      (yield* wordOf("FLEXINFERENCE_LOG_FORMAT", LogFlags.formats)) ??
      (process.stderr.isTTY ? "pretty" : "json")
    const level = Option.getOrUndefined(options.logLevel) ??
      (yield* wordOf("FLEXINFERENCE_LOG_LEVEL", LogFlags.levels)) ?? "info"
    return Log.layer({ format, level: levels[level] })
  }))

/** A variable that is one of these words; `undefined` where it says nothing. */
const wordOf = <const Word extends string>(name: string, words: ReadonlyArray<Word>) =>
  Effect.flatMap(Config.option(Config.String(name)), (given) => {
    const text = Option.getOrElse(given, () => "")
    const word = words.find((word) => word === text)
    return word === undefined && text !== ""
      ? Effect.fail(CommandFailed.usage([`${name} is ${JSON.stringify(text)}. Expected: ${words.join(", ")}`]))
      : Effect.succeed(word)
  })

/** Where records are kept, and how many. */
export interface Records {
  readonly folder: string
  readonly maxAge: Duration.Duration | undefined
  readonly maxSize: ByteSize.ByteSize | undefined
}

/** Who is told of every request: the log, the metrics, and files where there is a folder for them. */
export const attempts = (
  records: Records | undefined
): Layer.Layer<AttemptLog, CommandFailed.CommandFailed, FileSystem.FileSystem | Path.Path> => {
  const logged = Layer.provide(AttemptMetrics.layer, Log.layerRecords)
  return records === undefined ? logged : Layer.provide(files(records), logged)
}

const files = (records: Records) =>
  layerEffect(Effect.mapError(
    AttemptFiles.make(records),
    (error) => CommandFailed.usage([`records cannot be kept in ${records.folder}: ${error.message}`])
  ))

const endpoints = [
  "OTEL_EXPORTER_OTLP_ENDPOINT",
  "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
  "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"
]

/** Traces and metrics to an OpenTelemetry collector, where the standard variables name one; else nothing is loaded. */
export const exported: Layer.Layer<never, Config.ConfigError | CommandFailed.CommandFailed> = Layer.unwrap(
  Effect.gen(function*() {
    const named = yield* Effect.forEach(endpoints, (name) => Config.option(Config.String(name)))
    if (!named.some((endpoint) => Option.isSome(endpoint) && endpoint.value !== "")) return Layer.empty
    const exporter = yield* Effect.promise(() => import("./Exporter.ts"))
    return exporter.layer
  })
)
