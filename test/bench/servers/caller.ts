/** One client in a process of its own, so that the CPU time is its own: `CLIENT` names it, `UPSTREAM` is whom it calls. */
import type { ResponseStreamEvent } from "openai/resources/responses/responses"
import { FlexInference } from "flexinference"
import OpenAI from "openai"
import type { Caller, Job } from "../caller.ts"
import * as Ours from "../ours.ts"
import type { Sample } from "../rounds.ts"
import * as Worker from "../worker.ts"

const concurrency = 16
const upstream = process.env["UPSTREAM"] ?? ""

const count = async (events: AsyncIterable<unknown>): Promise<number> => {
  let count = 0
  for await (const _ of events) count++
  return count
}

const callers: { readonly [client: string]: () => Promise<Caller> } = {
  "ours over undici": () => Ours.caller("undici", upstream),
  "ours over fetch": () => Ours.caller("fetch", upstream),
  flexinference: async () => {
    const { responses } = new FlexInference({ apiKey: "flex_live_bench", baseURL: `${upstream}/v1` })
    return {
      create: async (body) => Number(await responses.create(body) !== undefined),
      stream: async (body) => count(await responses.create({ ...body, stream: true }))
    }
  },
  openai: async () => {
    const { responses } = new OpenAI({ apiKey: "sk-bench", baseURL: `${upstream}/v1` })
    return {
      create: async (body) => Number(await responses.create(body) !== undefined),
      stream: async (body) =>
        count(await responses.create({ ...body, stream: true }) as AsyncIterable<ResponseStreamEvent>)
    }
  }
}

const caller = callers[process.env["CLIENT"] ?? ""]?.()

Worker.answer("run", async (job): Promise<Sample> => {
  const { body, expected, kind, millis } = job as Job
  const client = await caller
  if (client === undefined) throw new Error("CLIENT names no client")
  const before = process.cpuUsage()
  const begun = performance.now()
  let calls = 0
  const loop = async () => {
    while (performance.now() - begun < millis) {
      const got = await client[kind](body)
      if (got !== expected) throw new Error(`${got} events came where ${expected} were sent`)
      calls++
    }
  }
  await Promise.all(Array.from({ length: concurrency }, loop))
  const { system, user } = process.cpuUsage(before)
  return {
    cpu: (system + user) / calls,
    throughput: calls / ((performance.now() - begun) / 1000),
    count: calls
  }
})
Worker.ready()
