/**
 * The floor: the least that a router can do. A `node:http` server that parses the body, takes `start_within` out, sets
 * the tier, and relays the answer chunk by chunk through undici's `dispatch`, no faster than it is read.
 */
import { createServer, type ServerResponse } from "node:http"
import { Agent, type Dispatcher } from "undici"
import * as Worker from "../worker.ts"

const upstream = process.env["UPSTREAM"] ?? ""
const agent = new Agent()

const headers = { "content-type": "application/json", authorization: "Bearer sk-bench", "x-api-key": "sk-bench" }

const tierOf = (path: string, startWithin: unknown): string =>
  path === "/v1/messages" ? "standard_only" : startWithin === "default" ? "default" : "flex"

const relay = (response: ServerResponse): Dispatcher.DispatchHandler => ({
  onRequestStart: (controller) => {
    response.on("drain", () => controller.resume())
    response.on("close", () => {
      if (!response.writableFinished) controller.abort(new Error("The caller went away."))
    })
  },
  onResponseStart: (_, status, headers) => {
    const length = headers["content-length"]
    response.writeHead(status, {
      "content-type": String(headers["content-type"]),
      ...(length === undefined ? {} : { "content-length": String(length) })
    })
  },
  onResponseData: (controller, chunk) => {
    if (!response.write(chunk)) controller.pause()
  },
  onResponseEnd: () => {
    response.end()
  },
  onResponseError: () => {
    response.destroy()
  }
})

const server = createServer((request, response) => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", () => {
    const path = request.url ?? "/"
    const { start_within, ...body } = JSON.parse(Buffer.concat(chunks).toString())
    body.service_tier = tierOf(path, start_within)
    agent.dispatch({
      origin: upstream,
      path,
      method: "POST",
      headers,
      body: JSON.stringify(body),
      headersTimeout: 0,
      bodyTimeout: 0
    }, relay(response))
  })
})
server.keepAliveTimeout = 65_000
server.requestTimeout = 0
Worker.listen(server)
