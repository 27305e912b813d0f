/** Vitest's reporter groups with `Map.groupBy`, which Node 20 lacks. Preloaded by the test command; a no-op elsewhere. */
Map.groupBy ??= (items, keyOf) => {
  const groups = new Map()
  let index = 0
  for (const item of items) {
    const key = keyOf(item, index++)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}
