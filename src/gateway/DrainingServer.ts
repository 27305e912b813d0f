/**
 * Node's HTTP server, which closes when its last request has been answered.
 *
 * Node's own `close` waits for every connection it does not count as idle: one that was opened and never used, and one
 * that falls idle after `close`, keep it open until their clients let go.
 */
import { Server, type ServerOptions } from "node:http"
import type { Socket } from "node:net"

export class DrainingServer extends Server {
  /** The connections that carry no request at the moment. */
  private readonly unused = new Set<Socket>()

  constructor(options: ServerOptions) {
    super(options)
    this.on("connection", (socket) => {
      this.unused.add(socket)
      socket.on("close", () => this.unused.delete(socket))
    })
    this.on("request", ({ socket }, response) => {
      this.unused.delete(socket)
      response.on("close", () => {
        if (!this.listening) socket.destroySoon()
        else if (!socket.destroyed) this.unused.add(socket)
      })
    })
  }

  override close(callback?: (error?: Error) => void): this {
    super.close(callback)
    for (const socket of this.unused) socket.destroySoon()
    return this
  }
}
