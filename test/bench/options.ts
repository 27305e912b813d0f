/** What the benchmark can be told on its command line. */
import { parseArgs } from "node:util"

export interface Options {
  readonly rounds: number
  /** How long each contestant is measured in each round. */
  readonly millis: number
  readonly warmup: number
  /** Rows whose section or name do not match are left out. */
  readonly only: RegExp
  readonly out: string | undefined
  readonly quick: boolean
  /** Seconds to wait, before each measurement, for a busy machine to become quiet. */
  readonly patience: number
}

export const usage = `npm run bench -- [options]

  --rounds N      interleaved rounds, at least 5 for a figure worth telling (default 5; 2 with --quick)
  --only PATTERN  only rows whose "section: name" matches, e.g. --only "^gateway: .*1000"
  --patience S    wait up to S seconds before each measurement for a busy machine to be quiet (default 0)
  --quick         a tenth of the time, to see that everything runs
  --out FILE      where the JSON goes (default dist/bench/<date>.json)
`

export const parse = (args: ReadonlyArray<string>): Options | undefined => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: "string" },
      only: { type: "string", default: "" },
      patience: { type: "string", default: "0" },
      quick: { type: "boolean", default: false },
      out: { type: "string" },
      help: { type: "boolean", short: "h", default: false }
    }
  })
  if (values.help) return undefined
  const rounds = Number(values.rounds ?? (values.quick ? 2 : 5))
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100) {
    throw new Error(`--rounds is a whole number from 1 to 100, not ${values.rounds}`)
  }
  const patience = Number(values.patience)
  if (!(patience >= 0)) throw new Error(`--patience is a number of seconds, not ${values.patience}`)
  return {
    rounds,
    patience,
    millis: values.quick ? 200 : 1200,
    warmup: values.quick ? 200 : 3000,
    only: new RegExp(values.only, "i"),
    out: values.out,
    quick: values.quick
  }
}
