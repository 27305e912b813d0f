/** `flexinference simulate`: which window to choose, found out in virtual time. */
import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"

const share = (name: string) =>
  Flag.Finite(name).pipe(
    Flag.withMetavar("share"),
    Flag.filter((value) => value >= 0 && value <= 1, () => "a share from 0 to 1")
  )

export const Simulate = Command.make(
  "simulate",
  {
    windows: Flag.String("windows").pipe(
      Flag.withMetavar("windows"),
      Flag.withDescription("The windows to try, separated by commas"),
      Flag.withDefault("5s,10s,20s,30s,1m,2m,5m,10m")
    ),
    requests: Flag.Int("requests").pipe(
      Flag.withAlias("n"),
      Flag.filter((count) => count >= 1 && count <= 100_000, () => "a number of requests from 1 to 100000"),
      Flag.withDescription("How many requests are made with each"),
      Flag.withDefault(500)
    ),
    seed: Flag.Int("seed").pipe(
      Flag.withDescription("The same seed gives the same table"),
      Flag.withDefault(1)
    ),
    median: Flag.String("median").pipe(
      Flag.withMetavar("duration"),
      Flag.withDescription("When half of the flex answers have started, of those that do"),
      Flag.withDefault("8s")
    ),
    spread: Flag.Finite("spread").pipe(
      Flag.withMetavar("factor"),
      Flag.filter((factor) => factor >= 1 && factor <= 100, () => "a factor from 1 to 100"),
      Flag.withDescription("Two in three start between the median divided by it and the median times it"),
      Flag.withDefault(3)
    ),
    refused: share("refused").pipe(
      Flag.withDescription("How many flex calls are refused"),
      Flag.withDefault(0.1)
    ),
    stalled: share("stalled").pipe(
      Flag.withDescription("How many never start"),
      Flag.withDefault(0.05)
    ),
    secondPrice: Flag.Finite("second-price").pipe(
      Flag.withMetavar("share"),
      Flag.filter((price) => price >= 0, () => "a price that is not negative"),
      Flag.withDescription("What a second of waiting costs you, in prices of one standard answer; 0 waits for nothing"),
      Flag.withDefault(0.005)
    ),
    overlap: share("overlap").pipe(
      Flag.withDescription("What a flex leg costs that standard has beaten, in prices of one standard answer"),
      Flag.withDefault(0)
    ),
    model: Flag.String("model").pipe(
      Flag.withAlias("m"),
      Flag.withDescription("The model whose prices count; it needs a flex tier"),
      Flag.withDefault("gpt-5.5")
    ),
    records: Flag.String("records").pipe(
      Flag.withMetavar("folder"),
      Flag.withDescription("Replay the flex legs of a gateway's records instead of drawing them"),
      Flag.optional
    ),
    svg: Flag.String("svg").pipe(
      Flag.withMetavar("path"),
      Flag.withDescription("Write the plot as a picture, too"),
      Flag.optional
    ),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("Print one JSON object instead of the table and the plot"),
      Flag.withDefault(false)
    )
  },
  (options) =>
    Effect.flatMap(Effect.promise(() => import("./simulate/Simulating.ts")), ({ simulate }) => simulate(options))
).pipe(
  Command.withDescription(
    "Find out which window to choose: the router itself asks simulated providers, in virtual time, with each window the " +
      "same requests. Beside what each saves and how long it waits stand the best that was possible: the one wait that " +
      "whoever knew the distribution would choose, and knowing of each request whether flex is worth its wait."
  ),
  Command.withShortDescription("Find out which window to choose"),
  Command.withExamples([
    { command: "flexinference simulate --median 20s --stalled 0.2 --second-price 0.01" },
    { command: "flexinference simulate --records records --svg windows.svg" }
  ])
)
