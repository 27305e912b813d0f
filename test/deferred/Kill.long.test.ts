import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schedule } from "effect"
import { buildSync } from "esbuild"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import path from "node:path"
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

describe("Deferred requests in Postgres", () => {
  it.live.skipIf(!Postgres.isThere)(
    Postgres.title("are each answered once, however often the process that carries them is killed"),
    () =>
      Effect.gen(function*() {
        buildSync({
          entryPoints: [path.join(import.meta.dirname, "worker.ts")],
          bundle: true,
          platform: "node",
          format: "esm",
          packages: "external",
          outfile: worker
        })
        const schema = Postgres.newSchema()
        yield* Layer.build(Postgres.layerSchema(schema)).pipe(
          Effect.flatMap((context) =>
            Effect.gen(function*() {
              const { asked, url } = yield* upstream
              const store = yield* DeferredStore.DeferredStore
              const random = seeded(7)
              const requests = 40
              const ids = new Map<string, string>()
              const kills = 6
              for (let life = 0; life <= kills; life++) {
                yield* Effect.scoped(Effect.gen(function*() {
                  const running = yield* program(process.execPath, [
                    worker,
                    Postgres.url,
                    schema,
                    url,
                    String(requests)
                  ])
                  const last = life === kills
                  // Killed after so many were accepted, or while all are under way: between any two steps.
                  const seen = last ? requests - 1 : random.below(requests)
                  yield* running.until(new RegExp(`accepted ${seen} `))
                  if (last) {
                    const isDone = Effect.map(
                      store.list("loopback", requests),
                      (stored) => stored.length === requests && stored.every(({ status }) => status === "completed")
                    )
                    yield* Effect.repeat(isDone, { until: (done) => done, schedule: Schedule.spaced("100 millis") })
                  } else yield* Effect.sleep(random.below(600))
                  yield* running.kill("SIGKILL")
                  const { stdout } = yield* running.ended
                  for (const [, index = "", id = ""] of stdout.matchAll(/^accepted (\d+) (\S+)$/gm)) {
                    assert.strictEqual(ids.get(index) ?? id, id, "an accepted request is the same after a crash")
                    ids.set(index, id)
                  }
                }))
              }
              const stored = yield* store.list("loopback", requests + 1)
              assert.strictEqual(stored.length, requests)
              for (const request of stored) {
                assert.strictEqual(request.status, "completed")
                assert.include(request.answer ?? "", request.key ?? "nothing")
                const crashed = request.attempts.filter(({ outcome }) => outcome === "unknown").length
                const answered = request.attempts.filter(({ outcome }) => outcome === "answered").length
                assert.strictEqual(answered, 1)
                // At most one call more than was answered for each crash in the middle of a try, and the record says so.
                assert.isAtMost(asked.get(request.key ?? "") ?? 0, 1 + crashed)
              }
            }).pipe(Effect.provide(Layer.provide(DeferredStore.layerSql, Layer.succeedContext(context))))
          )
        )
      })
  )
})
