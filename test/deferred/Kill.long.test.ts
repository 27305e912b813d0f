import { assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { buildSync } from "esbuild"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import path from "node:path"
import * as Embedded from "../../src/deferred/Embedded.ts"
import { DeferredStore } from "../../src/deferred/index.ts"
import { program } from "../cli/command.ts"
import { seeded } from "../support/seeded.ts"
import * as Postgres from "./postgres.ts"

const worker = path.resolve(import.meta.dirname, "..", "..", "node_modules", ".cache", "deferred-worker.mjs")

/** An upstream that answers each request after a while, and counts what it was asked. */
const upstream = Effect.acquireRelease(
  Effect.callback<{ readonly url: string; readonly asked: Map<string, number>; readonly close: () => void }>(
    (resume) => {
      const asked = new Map<string, number>()
      const server = createServer((request, response) => {
        let text = ""
        request.setEncoding("utf8").on("data", (part: string) => (text += part)).on("end", () => {
          const body: { readonly input: string } = JSON.parse(text)
          asked.set(body.input, (asked.get(body.input) ?? 0) + 1)
          setTimeout(() => {
            const response_ = {
              id: "resp_1",
              object: "response",
              status: "completed",
              model: "gpt-5.5",
              service_tier: "flex",
              output: [{
                type: "message",
                id: "msg_1",
                role: "assistant",
                status: "completed",
                content: [{ type: "output_text", text: body.input, annotations: [] }]
              }],
              usage: {
                input_tokens: 10,
                input_tokens_details: { cached_tokens: 0 },
                output_tokens: 10,
                output_tokens_details: { reasoning_tokens: 0 },
                total_tokens: 20
              }
            }
            response.writeHead(200, { "content-type": "text/event-stream" })
            response.end(
              [
                {
                  type: "response.created",
                  sequence_number: 0,
                  response: { ...response_, status: "in_progress", output: [] }
                },
                {
                  type: "response.output_item.added",
                  sequence_number: 1,
                  output_index: 0,
                  item: { ...response_.output[0], content: [], status: "in_progress" }
                },
                { type: "response.completed", sequence_number: 2, response: response_ }
              ].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("")
            )
          }, 200)
        })
      })
      server.listen(0, "127.0.0.1", () =>
        resume(Effect.succeed({
          asked,
          url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
          close: () => server.close()
        })))
    }
  ),
  ({ close }) => Effect.sync(close)
)

const requests = 40
const kills = 6

/** Requests submitted under keys of their own, to process after process, each killed at another moment. */
const killed = (place: string, schema: string, url: string) =>
  Effect.gen(function*() {
    const random = seeded(7)
    const ids = new Map<string, string>()
    for (let life = 0; life <= kills; life++) {
      yield* Effect.scoped(Effect.gen(function*() {
        const running = yield* program(process.execPath, [worker, place, schema, url, String(requests)])
        if (life === kills) yield* running.until(/all are over/)
        else {
          // After so many were accepted, or while all are under way: between any two steps.
          yield* running.until(new RegExp(`accepted ${random.below(requests)} `))
          yield* Effect.sleep(random.below(600))
        }
        yield* running.kill("SIGKILL")
        const { stdout } = yield* running.ended
        for (const [, index = "", id = ""] of stdout.matchAll(/^accepted (\d+) (\S+)$/gm)) {
          assert.strictEqual(ids.get(index) ?? id, id, "what was accepted before a crash is the same after it")
          ids.set(index, id)
        }
      }))
    }
  })

/** What is stored in the end: every request, answered once, and no call that the record does not know of. */
const answeredOnce = (asked: ReadonlyMap<string, number>) =>
  Effect.gen(function*() {
    const store = yield* DeferredStore.DeferredStore
    const stored = yield* store.list("loopback", requests + 1)
    assert.strictEqual(stored.length, requests)
    for (const { answer, attempts, key, status } of stored) {
      assert.strictEqual(status, "completed")
      assert.include(answer ?? "", key ?? "nothing")
      assert.strictEqual(attempts.filter(({ outcome }) => outcome === "answered").length, 1)
      const crashed = attempts.filter(({ outcome }) => outcome === "unknown").length
      assert.isAtMost(asked.get(key ?? "") ?? 0, 1 + crashed)
    }
  }).pipe(Effect.provide(DeferredStore.layerSql))

describe("Deferred requests", () => {
  beforeAll(() => {
    buildSync({
      entryPoints: [path.join(import.meta.dirname, "worker.ts")],
      bundle: true,
      platform: "node",
      format: "esm",
      packages: "external",
      outfile: worker
    })
  })

  it.live.skipIf(!Postgres.isThere)(
    Postgres.title("in Postgres are each answered once, however often the process that carries them is killed"),
    () =>
      Effect.gen(function*() {
        const { asked, url } = yield* upstream
        const schema = Postgres.newSchema()
        const context = yield* Layer.build(Postgres.layerSchema(schema))
        yield* killed(Postgres.url, schema, url)
        yield* Effect.provideContext(answeredOnce(asked), context)
      })
  )

  it.live("in a folder are each answered once, however often the process that carries them is killed", () =>
    Effect.gen(function*() {
      const { asked, url } = yield* upstream
      const folder = yield* temporaryFolder
      yield* killed(folder, "", url)
      yield* Effect.provide(answeredOnce(asked), Embedded.layerClient(folder))
    }))

  it.live("in a folder are for one process at a time", () =>
    Effect.gen(function*() {
      const { url } = yield* upstream
      const folder = yield* temporaryFolder
      const running = yield* program(process.execPath, [worker, folder, "", url, "1"])
      yield* running.until(/accepted 0/)
      const refused = yield* Effect.flip(Effect.provide(Effect.void, Embedded.layerClient(folder)))
      assert.match(refused.message, /^Process \d+ has the folder/)
    }))
})

const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(path.join(tmpdir(), "flexinference-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)
