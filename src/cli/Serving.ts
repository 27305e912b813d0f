/** What `flexinference serve` does; loaded only when it serves. */
import type * as ByteSize from "effect/ByteSize"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as HttpServer from "effect/http/HttpServer"
import type { ServeError } from "effect/http/HttpServerError"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { isIPv4 } from "node:net"
import { relative } from "node:path"
import process from "node:process"
import * as Gateway from "../gateway/Gateway.ts"
import type { StartWithin } from "../StartWithin.ts"
import * as DeferredStore from "./DeferredStore.ts"
import * as CommandFailed from "./CommandFailed.ts"
import * as SizeFlag from "./SizeFlag.ts"
import * as Notation from "./StartWithinFlag.ts"
import * as Providers from "./Providers.ts"
import * as ReadyNotice from "./ReadyNotice.ts"
import * as Retention from "./Retention.ts"

export interface Options {
  readonly host: string
  readonly port: number
  readonly maxBody: Option.Option<ByteSize.ByteSize>
  readonly defaultStartWithin: Option.Option<StartWithin>
  readonly dropUnsupported: boolean
}

/** Serves until it is interrupted; requests under way are then let finish, and the process ends with 0. */
export const serve = (
  options: Options
): Effect.Effect<never, CommandFailed.CommandFailed, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const { host } = options
    const keys = yield* gatewayKeys
    if (keys.length === 0 && !isLoopback(host)) {
      return yield* CommandFailed.make(
        `without keys the gateway serves loopback only, not ${host}: set FLEXINFERENCE_GATEWAY_KEYS to the keys it ` +
          "shall accept, separated by commas"
      )
    }
    const { names, router, simulated } = yield* Providers.find({
      secrets: keys,
      defaultStartWithin: Option.isSome(options.defaultStartWithin)
        ? options.defaultStartWithin.value
        : yield* defaultStartWithin,
      dropUnsupported: options.dropUnsupported || (yield* dropUnsupportedVariable)
    })
    const maxBody = Option.getOrUndefined(options.maxBody) ?? (yield* maxBodyVariable)
    const retain = yield* retainVariable
    const answers = { retain }
    const place = yield* DeferredStore.variable({ simulated })
    const gateway = Layer.provide(
      Gateway.layer({
        answers,
        keys: keys.length === 0 ? undefined : keys,
        simulated,
        host,
        port: options.port,
        maxBody
      }),
      place._tag === "Off" ? router : Layer.provideMerge(DeferredStore.layer(place, { retain }), router)
    )
    const { address } = Context.get(yield* Layer.build(gateway), HttpServer.HttpServer)
    const port = NetAddress.isInetAddress(address) ? address.port : options.port
    const origin = `http://${host.includes(":") ? `[${host}]` : host}:${port}`
    yield* Console.log(ReadyNotice.ready(origin, names))
    if (simulated) {
      yield* Console.log(ReadyNotice.simulated({ origin, command: commandOf(process.argv[1]), keyed: keys.length > 0 }))
    }
    // The last to be added is the first to run: from then on requests under way are let finish.
    yield* Effect.addFinalizer(() => Effect.forkDetach(endsAtOnce))
    return yield* Effect.never
  }).pipe(
    Effect.scoped,
    // An ordered end, once everything is closed: the signal is how a gateway is told to stop.
    Effect.onInterrupt(() => Effect.sync(() => (process.exitCode = 0))),
    Effect.catchTags({
      ConfigError: (error) => Effect.fail(CommandFailed.fromConfig(error)),
      ServeError: (error) => Effect.fail(CommandFailed.make(cannotListen(options, error)))
    })
  )

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
        ? Effect.fail(CommandFailed.make("FLEXINFERENCE_GATEWAY_KEYS is set but holds no key"))
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
          (expected) => CommandFailed.make(`${name} is ${JSON.stringify(text)}. Expected: ${expected}`)
        ))
    }))
  )

const defaultStartWithin = variable("FLEXINFERENCE_DEFAULT_START_WITHIN", Notation.parse)
const dropUnsupportedVariable = Config.Boolean("FLEXINFERENCE_DROP_UNSUPPORTED").pipe(Config.withDefault(false))
const maxBodyVariable = variable("FLEXINFERENCE_MAX_BODY", SizeFlag.parse)
const retainVariable = variable("FLEXINFERENCE_RETAIN", Retention.parse)

const cannotListen = ({ host, port }: Options, { cause }: ServeError): string => {
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
