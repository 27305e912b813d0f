/** `flexinference doctor`: what would keep a race from working here, before a request finds out. */
import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"

export const Doctor = Command.make(
  "doctor",
  {
    startWithin: Flag.String("start-within").pipe(
      Flag.withAlias("s"),
      Flag.withMetavar("window|tier"),
      Flag.withDescription("The window to examine; FLEXINFERENCE_DEFAULT_START_WITHIN without it, and else 30s"),
      Flag.optional
    ),
    timeout: Flag.String("timeout").pipe(
      Flag.withMetavar("duration"),
      Flag.withDescription(
        "How long what stands before the router waits: the client's timeout, or the shortest of the proxies'"
      ),
      Flag.optional
    ),
    retries: Flag.Int("retries").pipe(
      Flag.filter((count) => count >= 0 && count <= 100, () => "a number of retries from 0 to 100"),
      Flag.withDescription("How often the client tries again by itself; the official ones do so twice"),
      Flag.withDefault(2)
    ),
    offline: Flag.Boolean("offline").pipe(
      Flag.withDescription("Ask no provider whether it can be reached and takes its key"),
      Flag.withDefault(false)
    ),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("Print a JSON array of the findings"),
      Flag.withDefault(false)
    )
  },
  (options) => Effect.flatMap(Effect.promise(() => import("./doctor/Examining.ts")), ({ examine }) => examine(options))
).pipe(
  Command.withDescription(
    "Examine the surroundings: Node, the variables, whether the providers can be reached and take their keys (their " +
      "lists of models are asked for, which costs nothing), and timeouts and retries that would spoil a race. Ends with " +
      "1 where something is broken."
  ),
  Command.withShortDescription("Find out what is wrong here"),
  Command.withExamples([
    { command: "flexinference doctor" },
    { command: "flexinference doctor --start-within 2m --timeout 60s --retries 2" }
  ])
)
