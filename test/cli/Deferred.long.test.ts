import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import OpenAI from "openai"
import * as Command from "./command.ts"

const serve = (folder: string) =>
  Effect.gen(function*() {
    const running = yield* Command.start(["serve", "--port", "0"], { env: { FLEXINFERENCE_STORE: folder } })
    const [, url = ""] = yield* running.until(/listening on (\S+)/)
    return { running, client: new OpenAI({ apiKey: "any", baseURL: `${url}/v1` }) }
  })

describe("flexinference serve", () => {
  it.live("answers after a crash what it had accepted before", () =>
    Effect.gen(function*() {
      const folder = mkdtempSync(path.join(tmpdir(), "flexinference-"))
      yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(folder, { recursive: true, force: true })))
      const first = yield* serve(folder)
      const request = { model: "gpt-5.5", input: "Hello", background: true, complete_within: "02h-00m-00s" }
      const { id, status } = yield* Effect.promise(() => first.client.responses.create(request))
      assert.strictEqual(status, "queued")
      yield* first.running.kill("SIGKILL")
      yield* first.running.ended
      const second = yield* serve(folder)
      const done = yield* Effect.repeat(Effect.promise(() => second.client.responses.retrieve(id)), {
        until: ({ status }) => status !== "queued" && status !== "in_progress",
        schedule: Schedule.spaced("200 millis")
      })
      assert.strictEqual(done.status, "completed")
      assert.isNotEmpty(done.output_text)
    }))
})
