/**
 * The connections of this process to its providers, over undici's `Client`: one request at a time on each.
 *
 * undici's own `Pool` is no place for requests that are given up. It connects anew for each of them, with nothing to
 * send; it looks through all connections for a free one; and it keeps the client of every connection for good. A crowd
 * of callers that leaves, or the end of many races, would cost more than it did while it waited. Here a connection ends
 * with the request that was given up on it, also while it is still being made.
 */
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import type * as Scope from "effect/Scope"
import { Socket } from "node:net"
import { buildConnector, Client, type Dispatcher } from "undici"

/** What undici's `Client` can be told: TLS settings, keep-alive, sizes. */
export interface Options extends Client.Options {
  /**
   * How many connections to one origin there may be; requests beyond that wait for one.
   * @default Infinity
   */
  readonly connections?: number | undefined
}

/** Whom undici tells of a request, and who hears here that it will never be sent. */
export interface Handler extends Dispatcher.DispatchHandler {
  readonly onUnsent: (cause: Error) => void
}

/** A request that was handed over. One of these ends it, and has to be called once. */
export interface Lease {
  /** It has come to a whole end: its connection may be used again. */
  readonly done: () => void
  /** It has failed, or nobody waits for it any more: its connection ends, and if it had none it gets none. */
  readonly giveUp: () => void
}

/** Hands a request over to a connection. */
export type Dispatch = (origin: string, options: Dispatcher.DispatchOptions, handler: Handler) => Lease

/** The connections to all origins, until the scope closes. */
export const make = (options: Options = {}): Effect.Effect<Dispatch, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(Effect.sync(() => new Origins(options)), (origins) => origins.destroy),
    (origins) => (origin, request, handler) => origins.get(origin).dispatch(request, handler)
  )

class Origins {
  private readonly known = new Map<string, Origin>()
  private readonly options: Options
  private readonly connector: buildConnector.connector
  private isGone = false

  constructor(options: Options) {
    this.options = options
    this.connector = connectorOf(options)
  }

  get(origin: string): Origin {
    let known = this.known.get(origin)
    if (known === undefined) {
      known = new Origin(origin, this.options, this.connector)
      if (this.isGone) known.close()
      else this.known.set(origin, known)
    }
    return known
  }

  readonly destroy: Effect.Effect<void> = Effect.promise(() => {
    this.isGone = true
    return Promise.all(Array.from(this.known.values(), (origin) => origin.close()))
  })
}

/** One connector for all, because it is what remembers TLS sessions. */
const connectorOf = (
  { allowH2, autoSelectFamily, autoSelectFamilyAttemptTimeout, connect, connectTimeout, maxCachedSessions, socketPath }:
    Options
): buildConnector.connector =>
  typeof connect === "function" ? connect : buildConnector({
    ...(allowH2 === undefined ? {} : { allowH2 }),
    ...(autoSelectFamily === undefined ? {} : { autoSelectFamily }),
    ...(autoSelectFamilyAttemptTimeout === undefined ? {} : { autoSelectFamilyAttemptTimeout }),
    ...(maxCachedSessions === undefined ? {} : { maxCachedSessions }),
    ...(socketPath === undefined ? {} : { socketPath }),
    timeout: connectTimeout ?? 0,
    ...connect
  })

/** What ends what was on a connection; one for all, since nobody is told of it. */
const givenUp = new Error("The request was given up.")

const closed = (): Error => new Error("The connections were closed.")

class Origin {
  private readonly url: string
  private readonly options: Client.Options
  private readonly connector: buildConnector.connector
  private readonly limit: number
  private readonly all = new Set<Connection>()
  /** Those without a request; the last to be used is the first to be used again, so that the others may fall idle. */
  private readonly idle: Array<Connection> = []
  private readonly waiting = new Set<Waiting>()
  private isClosed = false

  constructor(url: string, { connections, ...options }: Options, connector: buildConnector.connector) {
    this.url = url
    this.options = options
    this.connector = connector
    this.limit = connections ?? Infinity
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Handler): Lease {
    if (this.isClosed) {
      handler.onUnsent(closed())
      return nothing
    }
    const connection = this.idle.pop() ?? (this.all.size < this.limit ? this.open() : undefined)
    if (connection !== undefined) return connection.carry(options, handler)
    const waiting = new Waiting(this.waiting, options, handler)
    this.waiting.add(waiting)
    return waiting
  }

  private open(): Connection {
    const connection = new Connection(this, this.url, this.options, this.connector)
    this.all.add(connection)
    return connection
  }

  /** A connection has become free. */
  freed(connection: Connection): void {
    const next = this.next()
    if (next === undefined) connection.place = this.idle.push(connection) - 1
    else next.lease = connection.carry(next.options, next.handler)
  }

  /** A connection has ended. */
  lost(connection: Connection): void {
    this.all.delete(connection)
    const { place } = connection
    const last = this.idle.at(-1)
    if (this.idle[place] === connection && last !== undefined) {
      this.idle[place] = last
      last.place = place
      this.idle.pop()
    }
    const next = this.isClosed ? undefined : this.next()
    if (next !== undefined) next.lease = this.open().carry(next.options, next.handler)
  }

  private next(): Waiting | undefined {
    for (const waiting of this.waiting) {
      this.waiting.delete(waiting)
      return waiting
    }
    return undefined
  }

  close(): Promise<unknown> {
    this.isClosed = true
    for (const { handler } of this.waiting) handler.onUnsent(closed())
    this.waiting.clear()
    return Promise.all(Array.from(this.all, ({ client }) => client.destroy(closed())))
  }
}

const nothing: Lease = { done: constVoid, giveUp: constVoid }

/** A request that waits for a connection. */
class Waiting implements Lease {
  readonly options: Dispatcher.DispatchOptions
  readonly handler: Handler
  private readonly line: Set<Waiting>
  /** Once it has a connection. */
  lease: Lease | undefined

  constructor(line: Set<Waiting>, options: Dispatcher.DispatchOptions, handler: Handler) {
    this.line = line
    this.options = options
    this.handler = handler
  }

  done(): void {
    this.lease?.done()
  }

  giveUp(): void {
    if (this.lease === undefined) this.line.delete(this)
    else this.lease.giveUp()
  }
}

class Connection implements Lease {
  readonly client: Client
  /** Where it stands among those that are idle. */
  place = -1
  private readonly origin: Origin
  private socket: Socket | undefined
  private isUsed = false
  private isOver = false

  constructor(origin: Origin, url: string, options: Client.Options, connector: buildConnector.connector) {
    this.origin = origin
    this.client = new Client(url, {
      ...options,
      connect: (options, callback) => {
        // It is given back, though its type does not say so; who does not give one cannot be kept from connecting.
        const socket: unknown = connector(options, callback)
        if (socket instanceof Socket) this.socket = socket
      }
    })
    this.client.on("drain", () => {
      if (!this.isUsed && !this.isOver) this.origin.freed(this)
    })
    this.client.on("disconnect", () => {
      if (!this.isUsed) this.end()
    })
  }

  carry(options: Dispatcher.DispatchOptions, handler: Handler): Lease {
    this.isUsed = true
    this.client.dispatch(options, handler)
    return this
  }

  done(): void {
    // Free it is when undici says so, which is once it has seen that the connection stays open.
    this.isUsed = false
  }

  giveUp(): void {
    this.end()
  }

  private end(): void {
    if (this.isOver) return
    this.isOver = true
    this.client.destroy(givenUp, constVoid)
    this.socket?.destroy()
    this.origin.lost(this)
  }
}
