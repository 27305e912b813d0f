/** What a process holds: counts of it, to be compared before and after. */
import { Metric } from "effect"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

/** Counts the fibers that have begun and not ended, wherever the service is provided. */
export const fibers = () => {
  let running = 0
  const service: Metric.FiberRuntimeMetricsService = {
    recordFiberStart: () => {
      running++
    },
    recordFiberEnd: () => {
      running--
    }
  }
  return { running: () => running, service }
}

/** How many of each kind of thing keep the process alive: sockets, timers, servers. */
export const resources = (): { readonly [kind: string]: number } => {
  const counts: { [kind: string]: number } = {}
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}

/** Takes away what nothing refers to. */
export const collectGarbage: () => void = (() => {
  setFlagsFromString("--expose-gc")
  const gc: () => void = runInNewContext("gc")
  return gc
})()

/** The bytes that are held once nothing is left to collect. */
export const heap = (): number => {
  for (let index = 0; index < 4; index++) collectGarbage()
  return process.memoryUsage().heapUsed
}
