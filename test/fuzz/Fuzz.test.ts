import { describe, it } from "@effect/vitest"
import * as Requests from "./requests.ts"
import * as Streams from "./streams.ts"

describe("whatever is sent to it, the gateway answers as it has promised", () => {
  it.effect("to 150 callers who send what is nearly a request", () => Requests.run(150, 1))
  it.effect("for 150 providers who answer with what is nearly an answer", () => Streams.run(150, 1))
})
