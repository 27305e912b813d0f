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

const look = async (): Promise<Quiet> => {
  const before = times()
  await sleep(200)
  const after = times()
  return {
    others: 1 - (after.idle - before.idle) / Math.max(1, after.all - before.all),
    stretch: stretch(100),
    load: (loadavg()[0] ?? 0) / cpus().length
  }
}

const isBusy = ({ others, stretch }: Quiet): boolean => others > 0.2 || stretch > 1.1

/**
 * Looks while nothing of the benchmark works. A busy machine is looked at again until it is quiet or `patience`, in
 * seconds, is used up.
 */
export const wait = async (patience: number, say: (text: string) => void): Promise<Quiet> => {
  const begun = performance.now()
  for (let told = false;;) {
    const found = await look()
    if (!isBusy(found) || performance.now() - begun > patience * 1000) return found
    if (!told) say("the machine is busy: waiting for it to be quiet")
    told = true
    await sleep(1000)
  }
}

/** What speaks against the figures, in words. */
export const complaint = (looks: ReadonlyArray<Quiet>): string | undefined => {
  const busy = looks.filter(isBusy)
  if (busy.length === 0) return undefined
  const others = Math.round(Math.max(...busy.map(({ others }) => others)) * 100)
  const stretch = Math.max(...busy.map(({ stretch }) => stretch)).toFixed(2)
  return `The machine was too busy to measure: in ${busy.length} of ${looks.length} looks at it others were at work, with up to ` +
    `${others} % of its cores, and a counting loop took up to ${stretch} times as long as its own CPU time.`
}
