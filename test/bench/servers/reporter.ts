/**
 * Preloaded into every measured process, so that a program that knows nothing of the benchmark (the built command,
 * somebody else's gateway) tells its own CPU time and memory.
 */
import { monitorEventLoopDelay } from "node:perf_hooks"
import * as Worker from "../worker.ts"

declare const gc: undefined | (() => void)

Worker.answer("cpu", () => {
  const { system, user } = process.cpuUsage()
  return user + system
})

Worker.answer("memory", () => {
  if (typeof gc === "function") { for (let times = 0; times < 3; times++) gc() }
  const { external, heapUsed, rss } = process.memoryUsage()
  return { heap: heapUsed + external, rss }
})

const resolution = 1
const delay = monitorEventLoopDelay({ resolution })
Worker.answer("watch delay", () => {
  delay.reset()
  delay.enable()
})
Worker.answer("delay", () => {
  delay.disable()
  // The timer's own period is no delay.
  const beyond = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - resolution)
  return { p50: beyond(delay.percentile(50)), p99: beyond(delay.percentile(99)), max: beyond(delay.max) }
})

Worker.start()
