/** Fills tables. Whatever stands in a cell is text, never markup. */

const element = (name, { className, text, title, scope } = {}) => {
  const made = document.createElement(name)
  if (className !== undefined) made.className = className
  if (text !== undefined) made.textContent = text
  if (title !== undefined) made.title = title
  if (scope !== undefined) made.scope = scope
  return made
}

/** A row's name, with what it belongs to in small print. */
export const head = (text, small) => ({ text, small, isHead: true })
export const word = (text, options) => ({ text, ...options })
export const number = (text, className = "") => ({ text, className: `number ${className}`.trim() })

const cellOf = ({ className, isHead, small, text, title }) => {
  const cell = element(isHead ? "th" : "td", { className, scope: isHead ? "row" : undefined, title })
  const known = text ?? "–"
  cell.append(known)
  if (known.length > 24) {
    cell.classList.add("clip")
    cell.title = known
  }
  if (small !== undefined) cell.append(" ", element("small", { text: small }))
  return cell
}

const rowOf = (cells) => {
  const row = element("tr")
  row.append(...cells.map(cellOf))
  return row
}

/** Writes a table's rows where they have changed, so that a selection in one that has not stays. */
export const fill = (table, rows, empty, footer = []) => {
  const text = JSON.stringify([rows, footer])
  if (table.shown === text) return
  table.shown = text
  const columns = table.tHead.rows[0].cells.length
  const nothing = element("tr")
  const cell = element("td", { className: "empty", text: empty })
  cell.colSpan = columns
  nothing.append(cell)
  table.tBodies[0].replaceChildren(...rows.length === 0 ? [nothing] : rows.map(rowOf))
  table.tFoot?.replaceChildren(...footer.map(rowOf))
}

/** Writes a list of what the colors of a chart mean. */
export const legend = (list, entries) => {
  list.replaceChildren(...entries.map(({ className, label, value }) => {
    const item = element("li", { className, text: `${label} ` })
    item.append(element("span", { text: value }))
    return item
  }))
}
