/** Whether the machine leaves the benchmark alone. CPU time suffers less from neighbours than wall time, but it suffers. */
import { cpus, loadavg } from "node:os"
import { setTimeout as sleep } from "node:timers/promises"

export interface Quiet {
  /** How much of all cores others used while the benchmark slept, 0 to 1. */
  readonly others: number
  /** Wall time over CPU time of a loop that does nothing but count; 1 is a core of its own. */
  readonly stretch: number
  /** Load of the last minute, by core. */
  readonly load: number
}

const times = () => {
  let idle = 0
  let all = 0
  for (const { times } of cpus()) {
    idle += times.idle
    all += times.idle + times.user + times.nice + times.sys + times.irq
  }
  return { idle, all }
}

const stretch = (millis: number): number => {
  const cpu = process.cpuUsage()
  const begun = performance.now()
  let count = 0
  while (performance.now() - begun < millis) count++
  const { system, user } = process.cpuUsage(cpu)
  return count === 0 ? Number.NaN : (performance.now() - begun) * 1000 / (user + system)
}

/** Looks for a second, while nothing of the benchmark works. */
export const look = async (): Promise<Quiet> => {
  const before = times()
  await sleep(700)
  const after = times()
  return {
    others: 1 - (after.idle - before.idle) / Math.max(1, after.all - before.all),
    stretch: stretch(300),
    load: (loadavg()[0] ?? 0) / cpus().length
  }
}

/** What speaks against the figures, in words. */
export const complaints = (looks: ReadonlyArray<Quiet>): ReadonlyArray<string> => {
  const others = Math.max(...looks.map(({ others }) => others))
  const stretch = Math.max(...looks.map(({ stretch }) => stretch))
  return [
    ...(others > 0.15 ? [`other processes used up to ${Math.round(others * 100)} % of the machine`] : []),
    ...(stretch > 1.1 ? [`a counting loop took ${stretch.toFixed(2)} times as long as its own CPU time`] : [])
  ]
}
