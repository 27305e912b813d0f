/** The gateway against Portkey's, on the surface that both relay natively. */
import type { Child } from "../child.ts"
import type { Row } from "../rounds.ts"
import * as Load from "../load.ts"
import { type Case, requestOf } from "./gateway.ts"

export const cases: ReadonlyArray<Case> = [
  { name: "JSON, named tier", surface: "chat", startWithin: "default", stream: false, events: 51 },
  { name: "streamed, 51 events, named tier", surface: "chat", startWithin: "default", stream: true, events: 51 },
  {
    name: "streamed, 51 events, raced (Portkey does not race)",
    surface: "chat",
    startWithin: "00h-10m-00s",
    stream: true,
    events: 51
  }
]

export const rows = (portkey: Child, gateway: Child, upstream: Child): ReadonlyArray<Row> =>
  cases.map((one) => {
    const request = requestOf(one)
    const { start_within: _, ...plain } = JSON.parse(request.body)
    const toPortkey: Load.Request = {
      ...request,
      headers: { ...request.headers, "x-portkey-provider": "openai", "x-portkey-custom-host": `${upstream.url}/v1` },
      body: JSON.stringify(plain)
    }
    const contestant = (name: string, target: Child, request: Load.Request) => ({
      name,
      run: (millis: number) => Load.measure(target, request, { connections: 48, millis })
    })
    return {
      name: one.name,
      // By the gateway, so that the ratio says how many times Portkey's requests it answers in a second of CPU.
      contestants: [contestant("gateway", gateway, request), contestant("Portkey", portkey, toPortkey)]
    }
  })
