/** Where calls go, made once: an address and its constant headers depend on the connection and the kind of call alone. */
import * as Duration from "effect/Duration"
import type { Call, Connection, Endpoint, Provider } from "../Provider.ts"

const known = new WeakMap<Connection, Map<string, Endpoint>>()

/** Windows are the caller's to choose, and each gives a deadline of its own. */
const limit = 100

export const of = (provider: Provider, connection: Connection, call: Call): Endpoint => {
  if (call.count !== undefined) return provider.endpoint(call, connection)
  const key = `${call.dialect} ${call.stream} ${Duration.toMillis(call.deadline)}`
  const own = known.get(connection) ?? new Map<string, Endpoint>()
  const found = own.get(key)
  if (found !== undefined) return found
  if (own.size >= limit) own.clear()
  const made = provider.endpoint(call, connection)
  known.set(connection, own.set(key, made))
  return made
}
