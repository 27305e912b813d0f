/** The SSE reader against those of others, with every event parsed and with none. */
import * as Child from "../child.ts"
import type { Row, Sample } from "../rounds.ts"

const readers = ["eventsource-parser", "openai", "ours"]

export const rows = async (): Promise<ReadonlyArray<Row>> => {
  const children = await Promise.all(
    readers.map(async (reader) => ({ reader, child: await Child.start(Child.program("readers")) }))
  )
  return [true, false].map((parsed) => ({
    name: parsed ? "1000 events, every one parsed" : "1000 events, none parsed",
    contestants: children.map(({ child, reader }) => ({
      name: reader,
      run: (millis: number) => child.ask<Sample>("run", { reader, parsed, millis })
    }))
  }))
}
