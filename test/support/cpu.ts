/**
 * What a computation costs in CPU time, in milliseconds. The clock on the wall would tell how busy the machine is.
 */
export const cpuMillis = (compute: () => void): number => {
  const before = process.cpuUsage()
  compute()
  const { system, user } = process.cpuUsage(before)
  return (user + system) / 1000
}
