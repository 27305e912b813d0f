/** The library against the official clients, which do not race: the same calls to the same upstream. */
import type { Body, Job } from "../caller.ts"
import * as Child from "../child.ts"
import { program } from "../paths.ts"
import * as Prompt from "../prompt.ts"
import type { Row, Sample } from "../rounds.ts"

const clients = ["flexinference", "openai", "ours over undici", "ours over fetch"]

interface Case {
  readonly name: string
  readonly kind: Job["kind"]
  readonly events: number
  readonly startWithin: Body["start_within"]
}

export const cases: ReadonlyArray<Case> = [
  { name: "create, named tier", kind: "create", events: 12, startWithin: "default" },
  { name: "create, 51 events (raced and collected by ours)", kind: "create", events: 51, startWithin: "00h-10m-00s" },
  { name: "stream, 51 events, named tier", kind: "stream", events: 51, startWithin: "default" },
  { name: "stream, 51 events (raced by ours)", kind: "stream", events: 51, startWithin: "00h-10m-00s" },
  { name: "stream, 1000 events, named tier", kind: "stream", events: 1000, startWithin: "default" }
]

export const rows = async (upstream: Child.Child): Promise<ReadonlyArray<Row>> => {
  const children = await Promise.all(
    clients.map(async (client) => ({
      client,
      child: await Child.start(program("caller"), { env: { CLIENT: client, UPSTREAM: upstream.url } })
    }))
  )
  return cases.map(({ events, kind, name, startWithin }) => ({
    name,
    contestants: children.map(({ child, client }) => ({
      name: client,
      official: !client.startsWith("ours"),
      run: (millis: number) => {
        const body: Body = {
          model: "gpt-5.5",
          instructions: "Answer in one short paragraph for a reader who knows no physics.",
          input: Prompt.write({ events, arrival: "whole", held: false }),
          start_within: startWithin
        }
        const job: Job = { kind, body, expected: kind === "create" ? 1 : events, millis }
        return child.ask<Sample>("run", job)
      }
    }))
  }))
}
