/** Races that wait inside one process, over an upstream that is a function: what one costs without any socket. */
import { setTimeout as sleep } from "node:timers/promises"
import { responses } from "../answers/responses.ts"
import type { Body } from "../caller.ts"
import * as Ours from "../ours.ts"
import * as Worker from "../worker.ts"

const body: Body = {
  model: "gpt-5.5",
  instructions: "Answer in one short paragraph for a reader who knows no physics.",
  input: "Why is the sky blue?",
  start_within: "00h-10m-00s"
}
const router = Ours.races(responses(51, "flex").events.join(""))

let races: Array<Promise<void>> = []

const open = async (count: number): Promise<void> => {
  const { race, waiting } = await router
  const others = waiting()
  races = Array.from({ length: count }, () => race(body))
  while (waiting() < others + count) await sleep(5)
}

/** Milliseconds until all races are committed. */
const release = async (): Promise<number> => {
  const { release } = await router
  const begun = performance.now()
  release()
  await Promise.all(races)
  races = []
  return performance.now() - begun
}

Worker.answer("open", (count) => open(Number(count)))
Worker.answer("release", release)
Worker.ready()
