/**
 * Node's HTTP server, with one request of a connection at a time, which closes when its last one has been answered.
 *
 * Node itself begins every request of a connection as soon as it has been read. A response that waits behind another
 * never learns that its connection has closed, so what it costs would go on without a caller.
 *
 * Node's own `close` waits for every connection it does not count as idle: one that was opened and never used, and one
 * that falls idle after `close`, keep it open until their clients let go.
 *
 * And Node tells of every connection that has closed in one go. What a response does when its client has left is some
 * work, so where a crowd leaves at once that is done in turns.
 */
import { IncomingMessage, Server, type ServerOptions, ServerResponse } from "node:http"
import type { Socket } from "node:net"
import type { Turns } from "./Turns.ts"

/** More than this is sent ahead of its answers by nobody who reads them. */
const maxWaiting = 64

const begins: ReadonlySet<string> = new Set(["request", "checkContinue", "checkExpectation"])

export class DrainingServer extends Server {
  /** The connections that carry no request at the moment. */
  private readonly unused = new Set<Socket>()
  /** What waits behind the request under way, by connection. */
  private readonly waiting = new Map<Socket, Array<() => void>>()

  constructor(options: ServerOptions, leaving: Turns) {
    super({
      ...options,
      ServerResponse: class<Request extends IncomingMessage> extends ServerResponse<Request> {
        override emit(event: string, ...args: Array<unknown>): boolean {
          if (event !== "close" || this.writableEnded) return super.emit(event, ...args)
          leaving.run(() => super.emit(event, ...args))
          return true
        }
      }
    })
    this.on("connection", (socket) => {
      this.unused.add(socket)
      socket.on("close", () => {
        this.unused.delete(socket)
        this.waiting.delete(socket)
      })
    })
  }

  /** The connections that carry a request. */
  carrying(): Iterable<Socket> {
    return this.waiting.keys()
  }

  override emit(event: string, ...args: Array<unknown>): boolean {
    const [request, response] = args
    if (!(request instanceof IncomingMessage)) return super.emit(event, ...args)
    const { socket } = request
    const waiting = this.waiting.get(socket)
    if (!begins.has(event) || !(response instanceof ServerResponse)) {
      // Another protocol cannot begin before the answers that are still owed.
      if (event !== "upgrade" || waiting === undefined) return super.emit(event, ...args)
      socket.destroy()
      return true
    }
    const begin = (): void => {
      response.on("close", () => this.ended(socket))
      super.emit(event, ...args)
    }
    if (waiting === undefined) {
      this.unused.delete(socket)
      this.waiting.set(socket, [])
      begin()
    } else if (waiting.push(begin) > maxWaiting) socket.destroy()
    return true
  }

  private ended(socket: Socket): void {
    const next = socket.destroyed ? undefined : this.waiting.get(socket)?.shift()
    if (next !== undefined) return next()
    this.waiting.delete(socket)
    if (!this.listening) socket.destroySoon()
    else if (!socket.destroyed) this.unused.add(socket)
  }

  override close(callback?: (error?: Error) => void): this {
    super.close(callback)
    for (const socket of this.unused) socket.destroySoon()
    return this
  }
}
