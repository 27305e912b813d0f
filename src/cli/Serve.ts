/** `flexinference serve`: the gateway on a port. */
import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as DelayFlag from "./DelayFlag.ts"
import * as KeyVariables from "./KeyVariables.ts"
import * as LogFlags from "./LogFlags.ts"
import * as SizeFlag from "./SizeFlag.ts"
import * as Notation from "./StartWithinFlag.ts"

export const Serve = Command.make(
  "serve",
  {
    config: Flag.String("config").pipe(
      Flag.withAlias("c"),
      Flag.withMetavar("file"),
      Flag.withDescription(
        "A file in TOML or JSON with keys, aliases, providers, models and all other settings; FLEXINFERENCE_CONFIG " +
          "without it. Flags and variables win over it"
      ),
      Flag.optional
    ),
    host: Flag.String("host").pipe(
      Flag.withDescription(
        "The address to listen on, 127.0.0.1 unless the file says; any but loopback needs keys, of the file or " +
          "FLEXINFERENCE_GATEWAY_KEYS"
      ),
      Flag.optional
    ),
    port: Flag.Int("port").pipe(
      Flag.filter((port) => port >= 0 && port <= 65_535, (port) => `a port from 0 to 65535, not ${port}`),
      Flag.withAlias("p"),
      Flag.withDescription("The port to listen on, 8787 unless the file says; 0 takes any free one"),
      Flag.optional
    ),
    maxBody: SizeFlag.flag("max-body").pipe(
      Flag.withDescription("The largest body of a request; FLEXINFERENCE_MAX_BODY without it, and else 32mb"),
      Flag.optional
    ),
    earlyHeaders: DelayFlag.flag("early-headers").pipe(
      Flag.withDescription(
        "When a stream that is waited for is begun with comments; FLEXINFERENCE_EARLY_HEADERS without it, and else 45s; " +
          "0 never"
      ),
      Flag.optional
    ),
    earlyBody: DelayFlag.flag("early-body").pipe(
      Flag.withDescription(
        "When a body that is waited for is begun with spaces; FLEXINFERENCE_EARLY_BODY without it, and else 240s; 0 never"
      ),
      Flag.optional
    ),
    defaultStartWithin: Notation.flag("default-start-within").pipe(
      Flag.withDescription(
        "What a request without start_within gets; without it, and without FLEXINFERENCE_DEFAULT_START_WITHIN, such a " +
          "request is refused"
      ),
      Flag.optional
    ),
    adaptive: Flag.Boolean("adaptive").pipe(
      Flag.withDescription(
        "Learn from flex when it is worth waiting for; --no-adaptive keeps every window to the letter. " +
          "FLEXINFERENCE_ADAPTIVE without it, and else on"
      ),
      Flag.optional
    ),
    dropUnsupported: Flag.Boolean("drop-unsupported").pipe(
      Flag.withDescription(
        "Leave out of a request what its model's provider cannot carry, and say so in a header, instead of refusing " +
          "it; FLEXINFERENCE_DROP_UNSUPPORTED=true says the same"
      ),
      Flag.withDefault(false)
    ),
    records: Flag.String("records").pipe(
      Flag.withMetavar("folder"),
      Flag.withDescription(
        "Keep the record of every request in this folder, a file a day; FLEXINFERENCE_RECORDS without it, and else nowhere"
      ),
      Flag.optional
    ),
    logFormat: LogFlags.format,
    logLevel: LogFlags.level
  },
  (options) => Effect.flatMap(Effect.promise(() => import("./Serving.ts")), (serving) => serving.serve(options))
).pipe(
  Command.withDescription(
    "Serve a gateway that the providers' own clients work with. Keys come from " +
      `${KeyVariables.listed("and")}; without any, the providers are simulated. ` +
      "SIGINT and SIGTERM let requests under way finish; a second one ends at once."
  ),
  Command.withShortDescription("Serve the gateway"),
  Command.withExamples([
    { command: "flexinference serve" },
    { command: "flexinference serve --port 0 --default-start-within 30s" },
    { command: "flexinference serve --config gateway.toml" }
  ])
)
