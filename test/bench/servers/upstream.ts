/**
 * The provider that every contestant calls: a server that answers each dialect from memory. What it answers stands in
 * the prompt (see `prompt.ts`), so that one process serves all rows.
 */
import { createServer, type ServerResponse } from "node:http"
import type { Answering } from "../answers/answer.ts"
import { chat } from "../answers/chat.ts"
import { interactions } from "../answers/interactions.ts"
import { messages } from "../answers/messages.ts"
import { responses } from "../answers/responses.ts"
import { type Prompt, read } from "../prompt.ts"
import * as Worker from "../worker.ts"

const dialects: { readonly [path: string]: Answering } = {
  "/v1/responses": responses,
  "/v1/chat/completions": chat,
  "/v1beta/interactions": interactions,
  "/v1/messages": messages
}

interface Written {
  readonly body: Buffer
  readonly writes: ReadonlyArray<Buffer>
}

const written = new Map<string, Written>()

const inGroups = (events: ReadonlyArray<string>, size: number): ReadonlyArray<Buffer> => {
  const groups: Array<Buffer> = []
  for (let at = 0; at < events.length; at += size) groups.push(Buffer.from(events.slice(at, at + size).join("")))
  return groups
}

const answerOf = (path: string, { arrival, events }: Prompt, tier: string): Written | undefined => {
  const key = `${path} ${events} ${arrival} ${tier}`
  const known = written.get(key)
  const answering = dialects[path]
  if (known !== undefined || answering === undefined) return known
  const answer = answering(events, tier)
  const made = {
    body: Buffer.from(answer.body),
    writes: inGroups(answer.events, arrival === "whole" ? events : 4)
  }
  written.set(key, made)
  return made
}

/** Each write in a turn of the event loop of its own, or they would leave in one packet. */
const inTurns = (response: ServerResponse, writes: ReadonlyArray<Buffer>): void => {
  let at = 0
  const next = () => {
    const chunk = writes[at++]
    if (chunk === undefined || response.destroyed) return void response.end()
    if (response.write(chunk)) setImmediate(next)
    else response.once("drain", next)
  }
  next()
}

/** Streams that are written a group a millisecond, as a model that is thinking would. */
const paced = new Set<() => void>()
setInterval(() => {
  for (const step of paced) step()
}, 1).unref()

const inTime = (response: ServerResponse, writes: ReadonlyArray<Buffer>): void => {
  let at = 0
  const step = () => {
    const chunk = writes[at++]
    if (chunk !== undefined && !response.destroyed) return void response.write(chunk)
    paced.delete(step)
    response.end()
  }
  paced.add(step)
}

/** Answers that were asked to wait until the benchmark releases them. */
const waiting = new Set<() => void>()
Worker.answer("waiting", () => waiting.size)
Worker.answer("release", () => {
  const released = [...waiting]
  waiting.clear()
  for (const go of released) go()
})

const send = (response: ServerResponse, streamed: boolean, arrival: Prompt["arrival"], answer: Written): void => {
  if (!streamed) {
    response.writeHead(200, { "content-type": "application/json", "content-length": answer.body.length })
    response.end(answer.body)
    return
  }
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" })
  if (arrival === "whole") response.end(answer.writes[0])
  else if (arrival === "fours") inTurns(response, answer.writes)
  else inTime(response, answer.writes)
}

const server = createServer((request, response) => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", () => {
    const text = Buffer.concat(chunks).toString()
    const prompt = read(text)
    const path = (request.url ?? "").split("?", 1)[0] ?? ""
    const tier = /"service_tier"\s*:\s*"(\w+)"/.exec(text)?.[1] ?? "default"
    const answer = answerOf(path, prompt, tier)
    if (answer === undefined) return void response.writeHead(404).end()
    const go = () => send(response, /"stream"\s*:\s*true/.test(text), prompt.arrival, answer)
    if (!prompt.held) return go()
    waiting.add(go)
    response.on("close", () => waiting.delete(go))
  })
})
// A connection that the upstream closed first would count as a failure of whoever was about to use it.
server.keepAliveTimeout = 600_000
server.requestTimeout = 0
Worker.listen(server)
