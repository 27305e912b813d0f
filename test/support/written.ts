/** What the gateways of this process write to their callers, and what the process prints, looked through for keys. */
import { hasProperty } from "effect/Predicate"
import { subscribe } from "node:diagnostics_channel"
import { Socket } from "node:net"
import { inspect } from "node:util"
import { DrainingServer } from "../../src/gateway/DrainingServer.ts"
import { found } from "./canary.ts"

let leaks: Array<string> = []

const look = (where: string, text: string): void => {
  const keys = found(text)
  if (keys.length > 0) leaks.push(`${keys.join(", ")} ${where}: ${text.slice(0, 500)}`)
}

/** What was found since it was last asked for. */
export const taken = (): ReadonlyArray<string> => {
  const all = leaks
  leaks = []
  return all
}

subscribe("net.server.socket", (message) => {
  const socket = hasProperty(message, "socket") ? message.socket : undefined
  if (!(socket instanceof Socket) || !hasProperty(socket, "server") || !(socket.server instanceof DrainingServer)) {
    return
  }
  socket.write = new Proxy(socket.write, {
    apply: (write, self, args) => {
      const [data] = args
      look("in an answer", data instanceof Uint8Array ? Buffer.from(data).toString("latin1") : String(data))
      return Reflect.apply(write, self, args)
    }
  })
})

const watched = new WeakSet<Console>()

/** Looks at what is printed on this console from now on. */
export const watch = (console: Console): void => {
  if (watched.has(console)) return
  watched.add(console)
  for (const method of ["debug", "error", "info", "log", "warn"] as const) {
    console[method] = new Proxy(console[method], {
      apply: (print, self, args) => {
        look("printed", args.map((arg) => typeof arg === "string" ? arg : inspect(arg, { depth: 8 })).join(" "))
        return Reflect.apply(print, self, args)
      }
    })
  }
}
