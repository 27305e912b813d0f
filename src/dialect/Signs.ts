/** The signs of formats that name their events: one table, by name. */
import type { Sign } from "../Dialect.ts"
import type { JsonObject } from "../wire/Json.ts"
import type { Frame } from "../wire/Sse.ts"

/** What the events of a format tell, by their names. */
export interface Table {
  readonly names: { readonly [event: string]: Sign }
  /** What the beginnings of names tell that are not listed. */
  readonly families: ReadonlyArray<readonly [prefix: string, sign: Sign]>
  /** The name that an event's object gives, for frames that came without one. */
  readonly nameOf: (event: JsonObject) => string
}

/** Reads the sign of a frame; what is in no table is an event of tomorrow, and tells nothing. */
export const make = ({ families, nameOf, names }: Table): (frame: Frame) => Sign => {
  const known = new Map(Object.entries(names))
  const signOf = (name: string): Sign => {
    const found = known.get(name) ?? families.find(([prefix]) => name.startsWith(prefix))?.[1] ?? "admitted"
    // A provider may name its events as it likes, but not how much is remembered of that.
    if (known.size < 200) known.set(name, found)
    return found
  }
  return (frame) => {
    const { event } = frame
    if (event !== undefined) return known.get(event) ?? signOf(event)
    const { value } = frame
    return value === undefined ? "admitted" : signOf(nameOf(value))
  }
}
