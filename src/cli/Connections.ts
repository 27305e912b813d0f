/** How `serve` takes connections, and from which web pages: by the environment, or the file behind it. */
import * as Config from "effect/Config"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Notation from "../gateway/config/Notation.ts"
import type * as Gateway from "../gateway/Gateway.ts"
import * as CommandFailed from "./CommandFailed.ts"

const time = (
  name: string
): Effect.Effect<Duration.Duration | undefined, CommandFailed.CommandFailed | Config.ConfigError> =>
  Effect.flatMap(
    Config.option(Config.String(name)),
    Option.match({
      onNone: () => Effect.undefined,
      onSome: (text) =>
        Effect.fromResult(Result.mapError(
          Notation.time.parse(text),
          (expected) => CommandFailed.usage([`${name} is ${JSON.stringify(text)}. Expected: ${expected}`])
        ))
    })
  )

const maxConnections = Config.option(Config.Int("FLEXINFERENCE_MAX_CONNECTIONS"))

const origins = Config.map(
  Config.option(Config.String("FLEXINFERENCE_CORS")),
  Option.match({
    onNone: () => undefined,
    onSome: (text) => text.split(",").map((origin) => origin.trim()).filter((origin) => origin !== "")
  })
)

type Settings = Pick<
  Gateway.Options,
  "bodyTimeout" | "cors" | "headerTimeout" | "idleTimeout" | "maxConnections" | "writeStall"
>

export const settings: Effect.Effect<Settings, CommandFailed.CommandFailed | Config.ConfigError> = Effect.gen(
  function*() {
    return {
      headerTimeout: yield* time("FLEXINFERENCE_HEADER_TIMEOUT"),
      bodyTimeout: yield* time("FLEXINFERENCE_BODY_TIMEOUT"),
      idleTimeout: yield* time("FLEXINFERENCE_IDLE_TIMEOUT"),
      writeStall: yield* time("FLEXINFERENCE_WRITE_TIMEOUT"),
      maxConnections: Option.getOrUndefined(yield* maxConnections),
      cors: yield* origins
    }
  }
)
