/** What somebody who mistyped a name probably meant. */
import type * as ModelCatalog from "../ModelCatalog.ts"

/** How many letters have to be added, taken away, changed or swapped to get from one text to the other. */
const distance = (from: string, to: string): number => {
  let before: ReadonlyArray<number> = []
  let row: ReadonlyArray<number> = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let index = 0; index < from.length; index++) {
    const next = [index + 1]
    for (let column = 1; column <= to.length; column++) {
      const swapped = from[index] === to[column - 2] && from[index - 1] === to[column - 1]
      next.push(Math.min(
        (row[column - 1] ?? 0) + (from[index] === to[column - 1] ? 0 : 1),
        (row[column] ?? 0) + 1,
        (next[column - 1] ?? 0) + 1,
        swapped ? (before[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY
      ))
    }
    before = row
    row = next
  }
  return row[to.length] ?? 0
}

const plain = (name: string): string => name.toLowerCase().replaceAll(/[\s_.-]/g, "")

/** A longer name is no mistyped one, and would take long to compare. */
const maxLength = 60

/** The names that are closest to what was typed, later versions first; none where nothing is close. */
export const closest = (typed: string, names: Iterable<string>, count = 3): ReadonlyArray<string> => {
  const given = plain(typed.slice(0, maxLength))
  if (given === "") return []
  const far = (known: string): number =>
    given.length > 3 && known !== given && known.startsWith(given) ? 0.5 : distance(given, known)
  const ranked = Array.from(names, (name) => ({ name, far: far(plain(name)) }))
  const nearest = Math.min(...ranked.map(({ far }) => far))
  return nearest > Math.min(3, Math.max(1, given.length * 0.4)) ? [] : ranked
    .filter(({ far }) => far === nearest)
    .map(({ name }) => name)
    .toSorted((one, other) => other.localeCompare(one, "en", { numeric: true }))
    .slice(0, count)
}

/** The same among the models of a catalogue. */
export const models = (typed: string, catalog: ModelCatalog.ModelCatalog): ReadonlyArray<string> =>
  closest(typed, [...catalog.models.keys(), ...catalog.aliases.keys()])

/** The question, with its space before it; nothing where there is nothing to ask. */
export const question = (names: ReadonlyArray<string>): string =>
  names.length === 0 ? "" : ` Did you mean ${names.join(" or ")}?`
