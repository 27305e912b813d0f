/** A closed loop of requests over sockets: so many connections, each with one request under way. */
import { Agent, type Dispatcher } from "undici"
import type { Child } from "./child.ts"
import type { Sample } from "./rounds.ts"

export interface Request {
  readonly path: string
  readonly headers: { readonly [name: string]: string }
  readonly body: string
}

export interface Shape {
  readonly connections: number
  /** How long new requests are begun; those under way then end. */
  readonly millis: number
}

/** Whoever is silent this long, in milliseconds, hangs. */
const patience = 120_000

/** Sends one request and hands on its answer, piece by piece. Anything but a 200 is no measurement. */
export const send = (
  agent: Dispatcher,
  origin: string,
  request: Request,
  onData: (chunk: Buffer) => void
): Promise<void> =>
  new Promise((resolve, reject) => {
    let status = 0
    agent.dispatch({ origin, method: "POST", ...request, headersTimeout: patience, bodyTimeout: patience }, {
      onRequestStart: () => undefined,
      onResponseStart: (_, code) => {
        status = code
      },
      onResponseData: (_, chunk) => onData(chunk),
      onResponseEnd: () => {
        if (status === 200) resolve()
        else reject(new Error(`${origin}${request.path} answered ${status}`))
      },
      onResponseError: (_, error) => reject(error)
    })
  })

/** Sends one request and reads the whole text of its answer. */
export const text = async (agent: Dispatcher, origin: string, request: Request): Promise<string> => {
  const chunks: Array<Buffer> = []
  await send(agent, origin, request, (chunk) => chunks.push(chunk))
  return Buffer.concat(chunks).toString()
}

const bytes = async (agent: Dispatcher, origin: string, request: Request): Promise<number> => {
  let count = 0
  await send(agent, origin, request, (chunk) => {
    count += chunk.length
  })
  return count
}

/** Keeps requests under way for as long as the shape says, and tells what one cost the process that answers them. */
export const measure = async (target: Child, request: Request, { connections, millis }: Shape): Promise<Sample> => {
  const agent = new Agent({ connections })
  try {
    // One request each before the clock runs: opening connections is no part of a request.
    const opened = Array.from({ length: connections }, () => bytes(agent, target.url, request))
    const [expected = 0] = await Promise.all(opened)
    const cpuBefore = await target.ask<number>("cpu")
    const begun = performance.now()
    let requests = 0
    const loop = async () => {
      while (performance.now() - begun < millis) {
        const got = await bytes(agent, target.url, request)
        // Ids and times of an answer may be longer or shorter; a part of it may not be missing.
        if (Math.abs(got - expected) > 64) {
          throw new Error(`${target.url}${request.path} answered with ${got} bytes, and with ${expected} before`)
        }
        requests++
      }
    }
    await Promise.all(Array.from({ length: connections }, loop))
    const seconds = (performance.now() - begun) / 1000
    const cpu = await target.ask<number>("cpu") - cpuBefore
    return { cpu: cpu / requests, throughput: requests / seconds, count: requests }
  } finally {
    await agent.destroy()
  }
}
