/**
 * How often an address has sent a key that is none, so that it can be told to wait. An address that is behind a proxy is
 * the proxy's: there the proxy is who limits, and the gateway is told not to.
 */
import * as Duration from "effect/Duration"

/** How long failures count, from the first of them on. */
const window = Duration.toMillis(Duration.minutes(1))

/** More addresses are not remembered; the one that failed first is forgotten. */
const maxAddresses = 10_000

export interface FailedAuthentications {
  /** How long an address has to wait before it is heard again; `undefined` for one that is heard. */
  readonly wait: (address: string, now: number) => Duration.Duration | undefined
  readonly failed: (address: string, now: number) => void
}

/** Counts the failures of each address; after `limit` of them in a minute it is not heard until the minute is over. */
export const make = (limit: number): FailedAuthentications => {
  const failures = new Map<string, { count: number; readonly until: number }>()
  return {
    wait: (address, now) => {
      const entry = failures.get(networkOf(address))
      return entry === undefined || entry.until <= now || entry.count < limit
        ? undefined
        : Duration.millis(entry.until - now)
    },
    failed: (address, now) => {
      const network = networkOf(address)
      const entry = failures.get(network)
      if (entry !== undefined && entry.until > now) {
        entry.count++
        return
      }
      failures.delete(network)
      failures.set(network, { count: 1, until: now + window })
      for (const oldest of failures.keys()) {
        if (failures.size <= maxAddresses) return
        failures.delete(oldest)
      }
    }
  }
}

/** Who is counted as one: an IPv4 address, and of IPv6 the network of 64 bits that one customer has. */
const networkOf = (address: string): string => {
  const mapped = /^::ffff:(\d+(?:\.\d+){3})$/i.exec(address)
  if (mapped?.[1] !== undefined) return mapped[1]
  if (!address.includes(":")) return address
  const [head = "", tail] = address.split("::", 2)
  const groups = head.split(":")
  const behind = tail === undefined ? [] : tail.split(":")
  const zeros = tail === undefined
    ? []
    : Array.from({ length: Math.max(0, 8 - groups.length - behind.length) }, () => "0")
  return [...groups, ...zeros, ...behind].slice(0, 4).join(":")
}
