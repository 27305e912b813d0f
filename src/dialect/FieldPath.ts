/**
 * Paths of fields, such as `input[2].content[0].image_url`, from the hub's form of a request back to the caller's own.
 * A translation gives a turn's items in the turn's place, so an item is found again by counting.
 */

/** An item of the hub's `input` in a path: its number, and the rest of the path. */
export const inputItem = (field: string): { readonly index: number; readonly rest: string } | undefined => {
  const match = /^input\[(\d+)\](.*)$/.exec(field)
  return match === null ? undefined : { index: Number(match[1]), rest: match[2] ?? "" }
}

/** The turn that an item belongs to, and the item's number within it, by how many items each turn became. */
export const locate = (
  index: number,
  counts: Iterable<number>
): { readonly turn: number; readonly item: number } | undefined => {
  let item = index
  let turn = 0
  for (const count of counts) {
    if (item < count) return { turn, item }
    item -= count
    turn++
  }
  return undefined
}

/** The path with its beginning renamed by the first name that fits; a path that none fits is kept. */
export const rename = (field: string, names: ReadonlyArray<readonly [hub: RegExp, own: string]>): string => {
  const found = names.find(([hub]) => hub.test(field))
  return found === undefined ? field : field.replace(...found)
}
