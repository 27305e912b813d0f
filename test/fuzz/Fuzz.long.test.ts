import { describe, it } from "@effect/vitest"
import * as Requests from "./requests.ts"
import * as Streams from "./streams.ts"

/** `FUZZ_RUNS=1000000 FUZZ_SEED=7 npm run test:long -- test/fuzz` looks further, and elsewhere. */
const runs = Number(process.env["FUZZ_RUNS"] ?? 10_000)
const seed = Number(process.env["FUZZ_SEED"] ?? 1_000_000)

describe("whatever is sent to it, the gateway answers as it has promised", () => {
  it.effect(`to ${runs} callers who send what is nearly a request`, () => Requests.run(runs, seed))
  it.effect(`for ${runs} providers who answer with what is nearly an answer`, () => Streams.run(runs, seed))
})
