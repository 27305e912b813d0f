/** SSE readers over the same bytes. tinybench runs the loop, on CPU time: `mean` is what reading one body cost. */
import { createParser } from "eventsource-parser"
import { _iterSSEMessages, Stream } from "openai/core/streaming"
import { Bench } from "tinybench"
import { responses } from "../answers/responses.ts"
import { read } from "../reader.ts"
import type { Sample } from "../rounds.ts"
import * as Worker from "../worker.ts"

const events = 1000
// As a socket hands them out: cut anywhere.
const size = 16 * 1024
const bytes = new TextEncoder().encode(responses(events, "flex").events.join(""))
const chunks = Array.from(
  { length: Math.ceil(bytes.length / size) },
  (_, index) => bytes.subarray(index * size, (index + 1) * size)
)

const response = () =>
  new Response(
    new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (const chunk of chunks) controller.enqueue(chunk)
        controller.close()
      }
    }),
    { headers: { "content-type": "text/event-stream" } }
  )

const count = async (events: AsyncIterable<unknown>): Promise<number> => {
  let count = 0
  for await (const _ of events) count++
  return count
}

type Reader = (parsed: boolean) => number | Promise<number>

const readers: { readonly [name: string]: Reader } = {
  "eventsource-parser": (parsed) => {
    let count = 0
    const decoder = new TextDecoder()
    const parser = createParser({
      onEvent: ({ data }) => {
        if (!parsed || JSON.parse(data) !== null) count++
      }
    })
    for (const chunk of chunks) parser.feed(decoder.decode(chunk, { stream: true }))
    return count
  },
  openai: (parsed) =>
    count(
      parsed
        ? Stream.fromSSEResponse(response(), new AbortController())
        : _iterSSEMessages(response(), new AbortController())
    ),
  ours: (parsed) => read(chunks, parsed)
}

Worker.answer("run", async (job): Promise<Sample> => {
  const { millis, parsed, reader } = job as {
    readonly reader: string
    readonly parsed: boolean
    readonly millis: number
  }
  const read = readers[reader]
  if (read === undefined) throw new Error(`no reader is called ${reader}`)
  const found = await read(parsed)
  if (found !== events) throw new Error(`${reader} found ${found} events of ${events}`)
  const bench = new Bench({
    time: millis,
    iterations: 1,
    warmup: false,
    now: () => {
      const { system, user } = process.cpuUsage()
      return (system + user) / 1000
    }
  })
  // Asynchronous whether it needs to be or not, so that all pay for the same promise.
  bench.add(reader, async () => void await read(parsed))
  const begun = performance.now()
  const [task] = await bench.run()
  const seconds = (performance.now() - begun) / 1000
  if (task?.result.state !== "completed") throw new Error(`${reader} was not measured to the end`)
  const { latency } = task.result
  return {
    cpu: latency.mean * 1000 / events,
    throughput: latency.samplesCount * events / seconds,
    count: latency.samplesCount
  }
})
Worker.ready()
