/** What `flexinference serve` does; loaded only when it serves. */
import type * as ByteSize from "effect/ByteSize"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import type * as FileSystem from "effect/FileSystem"
import * as HttpServer from "effect/http/HttpServer"
import type { ServeError } from "effect/http/HttpServerError"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import * as Option from "effect/Option"
import type * as Path from "effect/Path"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { isIPv4 } from "node:net"
import { relative } from "node:path"
import process from "node:process"
import * as Gateway from "../gateway/Gateway.ts"
import * as Tenancy from "../gateway/Tenancy.ts"
import * as ModelCatalog from "../ModelCatalog.ts"
import type { StartWithin } from "../StartWithin.ts"
import * as DeferredStore from "./DeferredStore.ts"
import * as CommandFailed from "./CommandFailed.ts"
import * as Configured from "./Configured.ts"
import * as Connections from "./Connections.ts"
import * as DelayFlag from "./DelayFlag.ts"
import * as SizeFlag from "./SizeFlag.ts"
import * as Notation from "./StartWithinFlag.ts"
import * as Observability from "./Observability.ts"
import * as Providers from "./Providers.ts"
import * as ReadyNotice from "./ReadyNotice.ts"
import * as Tenants from "./Tenants.ts"
import * as Notations from "../gateway/config/Notation.ts"

export interface Options extends Observability.Options {
  readonly config: Option.Option<string>
  readonly host: Option.Option<string>
  readonly port: Option.Option<number>
  readonly maxBody: Option.Option<ByteSize.ByteSize>
  readonly earlyHeaders: Option.Option<Duration.Duration>
  readonly earlyBody: Option.Option<Duration.Duration>
  readonly defaultStartWithin: Option.Option<StartWithin>
  readonly adaptive: Option.Option<boolean>
  readonly dropUnsupported: boolean
  readonly records: Option.Option<string>
}

/** Serves until it is interrupted; requests under way are then let finish, and the process ends with 0. */
export const serve = (
  options: Options
): Effect.Effect<never, CommandFailed.CommandFailed, FileSystem.FileSystem | Path.Path> =>
  Configured.read(options.config).pipe(
    Effect.flatMap((configured) => Configured.behind(configured)(run(options, configured))),
    Effect.catchTag("ConfigError", (error) => Effect.fail(CommandFailed.fromConfig(error)))
  )

const run = (
  options: Options,
  configured: Configured.Configured
): Effect.Effect<never, CommandFailed.CommandFailed, FileSystem.FileSystem | Path.Path> => {
  const host = Option.getOrElse(options.host, () => configured.host ?? "127.0.0.1")
  const port = Option.getOrElse(options.port, () => configured.port ?? 8787)
  return Effect.gen(function*() {
    const shared = yield* gatewayKeys
    const keys = [...configured.keys, ...shared]
    if (keys.length === 0 && !isLoopback(host)) {
      return yield* CommandFailed.usage([
        `without keys the gateway serves loopback only, not ${host}: set FLEXINFERENCE_GATEWAY_KEYS to the keys it ` +
        "shall accept, separated by commas, or give it [[keys]] in a file with --config"
      ])
    }
    const tenancy = yield* Tenants.make(configured, shared)
    const { names, router, simulated } = yield* Providers.find({
      providers: yield* Configured.providers(configured),
      secrets: keys.flatMap((key) => Redacted.isRedacted(key) ? key : key.key ?? []),
      defaultStartWithin: Option.isSome(options.defaultStartWithin)
        ? options.defaultStartWithin.value
        : yield* defaultStartWithin,
      dropUnsupported: options.dropUnsupported || (yield* dropUnsupportedVariable)
    })
    const maxBody = Option.getOrUndefined(options.maxBody) ?? (yield* maxBodyVariable)
    const earlyHeaders = Option.getOrUndefined(options.earlyHeaders) ?? (yield* earlyHeadersVariable)
    const earlyBody = Option.getOrUndefined(options.earlyBody) ?? (yield* earlyBodyVariable)
    const retain = yield* retainVariable
    const connections = yield* Connections.settings
    const place = yield* DeferredStore.variable({ simulated, state: yield* Tenants.stateFolder })
    const gateway = Gateway.layer({
      ...connections,
      adaptive: Option.getOrUndefined(options.adaptive) ?? (yield* adaptiveVariable),
      answers: { retain },
      simulated,
      host,
      port,
      maxBody,
      earlyHeaders,
      earlyBody,
      operatorKey: yield* operatorKey
    }).pipe(
      place._tag === "Off" ? identity : Layer.provide(DeferredStore.layer(place, { retain })),
      Layer.provide(Layer.succeed(Tenancy.Tenancy, tenancy)),
      Layer.provide(Layer.provide(router, Observability.attempts(yield* recordsOf(options)))),
      Layer.provide(Layer.succeed(ModelCatalog.Current, configured.catalog)),
      Layer.provide(Observability.exported)
    )
    const { address } = Context.get(yield* Layer.build(gateway), HttpServer.HttpServer)
    const bound = NetAddress.isInetAddress(address) ? address.port : port
    const origin = `http://${host.includes(":") ? `[${host}]` : host}:${bound}`
    yield* Console.log(ReadyNotice.ready(origin, names))
    if (simulated) {
      yield* Console.log(ReadyNotice.simulated({ origin, command: commandOf(process.argv[1]), keyed: keys.length > 0 }))
    }
    yield* Tenants.follow(tenancy, configured, shared)
    // The last to be added is the first to run: from then on requests under way are let finish.
    yield* Effect.addFinalizer(() =>
      Effect.andThen(
        Effect.logInfo("Stopping: no new connection is taken, requests under way may finish."),
        Effect.forkDetach(endsAtOnce)
      )
    )
    return yield* Effect.never
  }).pipe(
    Effect.scoped,
    // An ordered end, once everything is closed: the signal is how a gateway is told to stop.
    Effect.onInterrupt(() => Effect.andThen(Effect.logInfo("Stopped."), Effect.sync(() => (process.exitCode = 0)))),
    Effect.provide(Observability.log(options)),
    Effect.catchTags({
      ConfigError: (error) => Effect.fail(CommandFailed.fromConfig(error)),
      ServeError: (error) => Effect.fail(CommandFailed.make(cannotListen({ host, port }, error)))
    })
  )
}

/** One press of Ctrl-C may arrive twice: from the terminal, and from whoever started this process. */
const sameSignal = Duration.millis(500)

/** Ends the process with the next signal, whatever is under way. */
const endsAtOnce = Effect.map(Effect.sleep(sameSignal), () => {
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    process.once(signal, () => {
      process.stderr.write(`${signal} again: ended at once, with whatever was under way\n`)
      process.exit(code)
    })
  }
})

const isLoopback = (host: string): boolean =>
  host.toLowerCase() === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."))

const gatewayKeys = Config.String("FLEXINFERENCE_GATEWAY_KEYS").pipe(
  Config.option,
  Effect.flatMap(Option.match({
    onNone: () => Effect.succeed([]),
    onSome: (text) => {
      const keys = text.split(",").map((key) => key.trim()).filter((key) => key !== "")
      return keys.length === 0
        ? Effect.fail(CommandFailed.usage(["FLEXINFERENCE_GATEWAY_KEYS is set but holds no key"]))
        : Effect.succeed(keys.map((key) => Redacted.make(key)))
    }
  }))
)

/** A variable that is written as a flag is. */
const variable = <A>(name: string, parse: (text: string) => Result.Result<A, string>) =>
  Config.String(name).pipe(
    Config.option,
    Effect.flatMap(Option.match({
      onNone: () => Effect.undefined,
      onSome: (text) =>
        Effect.fromResult(Result.mapError(
          parse(text),
          (expected) => CommandFailed.usage([`${name} is ${JSON.stringify(text)}. Expected: ${expected}`])
        ))
    }))
  )

const defaultStartWithin = variable("FLEXINFERENCE_DEFAULT_START_WITHIN", Notation.parse)
const adaptiveVariable = Config.Boolean("FLEXINFERENCE_ADAPTIVE").pipe(Config.withDefault(true))
const dropUnsupportedVariable = Config.Boolean("FLEXINFERENCE_DROP_UNSUPPORTED").pipe(Config.withDefault(false))
const maxBodyVariable = variable("FLEXINFERENCE_MAX_BODY", SizeFlag.parse)
const earlyHeadersVariable = variable("FLEXINFERENCE_EARLY_HEADERS", DelayFlag.parse)
const earlyBodyVariable = variable("FLEXINFERENCE_EARLY_BODY", DelayFlag.parse)
const retainVariable = variable("FLEXINFERENCE_RETAIN", Notations.retention.parse)

const operatorKey = Effect.map(
  Config.option(Config.Redacted("FLEXINFERENCE_OPERATOR_KEY")),
  (key) => Option.getOrUndefined(Option.filter(key, (key) => Redacted.value(key).trim() !== ""))
)
const recordsVariable = Config.option(Config.String("FLEXINFERENCE_RECORDS"))
const recordsAgeVariable = variable("FLEXINFERENCE_RECORDS_RETAIN", Notations.retention.parse)
const recordsSizeVariable = variable("FLEXINFERENCE_RECORDS_MAX_SIZE", SizeFlag.parse)

/** Where the records of requests are kept; nowhere unless a folder is named. */
const recordsOf = (options: Options) =>
  Effect.gen(function*() {
    const folder = Option.getOrUndefined(options.records) ?? Option.getOrUndefined(yield* recordsVariable)
    return folder === undefined || folder === ""
      ? undefined
      : { folder, maxAge: yield* recordsAgeVariable, maxSize: yield* recordsSizeVariable }
  })

const cannotListen = (
  { host, port }: { readonly host: string; readonly port: number },
  { cause }: ServeError
): string => {
  const code = Predicate.hasProperty(cause, "code") ? cause.code : undefined
  return code === "EADDRINUSE"
    ? `port ${port} on ${host} is in use: choose another with --port, or any free one with --port 0`
    : `the gateway cannot listen on ${host} port ${port}: ${cause instanceof Error ? cause.message : String(cause)}`
}

/** How this process was called, for a command line that works where this one did. */
const commandOf = (script: string | undefined): string => {
  if (script === undefined || /[\\/]flexinference$/.test(script)) return "flexinference"
  const path = relative(process.cwd(), script)
  return `node ${/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`}`
}
