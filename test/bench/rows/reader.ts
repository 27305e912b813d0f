/** The SSE reader against those of others, with every event parsed and with none. */
import * as Child from "../child.ts"
import { program } from "../paths.ts"
import type { Row, Sample } from "../rounds.ts"

const readers = ["eventsource-parser", "openai", "ours"]

interface Reading {
  readonly reader: string
  readonly parsed: boolean
}

const reading = (parsed: boolean) => (reader: string): Reading => ({ reader, parsed })

// What reading without parsing saves shows only beside what parsing costs.
const cases: ReadonlyArray<{ readonly name: string; readonly readings: ReadonlyArray<Reading> }> = [
  { name: "1000 events, every one parsed", readings: readers.map(reading(true)) },
  {
    name: "1000 events, none parsed",
    readings: [{ reader: "eventsource-parser", parsed: true }, ...readers.map(reading(false))]
  }
]

export const rows = async (): Promise<ReadonlyArray<Row>> => {
  const children = new Map<string, Child.Child>()
  for (const reader of readers) children.set(reader, await Child.start(program("readers")))
  return cases.map(({ name, readings }, index) => ({
    name,
    contestants: readings.map(({ parsed, reader }) => ({
      name: index > 0 && parsed ? `${reader}, every one parsed` : reader,
      run: (millis) => {
        const child = children.get(reader)
        if (child === undefined) throw new Error(`no process reads with ${reader}`)
        return child.ask<Sample>("run", { reader, parsed, millis })
      }
    }))
  }))
}
