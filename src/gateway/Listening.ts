/** How a gateway takes connections: how many, and for how long each may take its time. */
import * as Duration from "effect/Duration"
import { DrainingServer } from "./DrainingServer.ts"

export interface Options {
  /**
   * More connections at the same time are closed as they come.
   * @default 10000
   */
  readonly maxConnections?: number | undefined
  /**
   * Until a request's headers have arrived.
   * @default "60 seconds"
   */
  readonly headerTimeout?: Duration.Input | undefined
  /**
   * Until a request has arrived whole.
   * @default "2 minutes"
   */
  readonly bodyTimeout?: Duration.Input | undefined
  /**
   * How long a connection that carries no request is kept for the next one. Proxies reuse theirs for a minute, and must
   * not be the last to know.
   * @default "65 seconds"
   */
  readonly idleTimeout?: Duration.Input | undefined
}

/** Node's server with these limits; the rest of its arguments are its own. */
export const server = (
  options: Options | undefined,
  ...more: ConstructorParameters<typeof DrainingServer> extends [unknown, ...infer Rest] ? Rest : never
): DrainingServer => {
  const {
    bodyTimeout = "2 minutes",
    headerTimeout = "60 seconds",
    idleTimeout = "65 seconds",
    maxConnections = 10_000
  } = options ?? {}
  const requestTimeout = Duration.toMillis(Duration.fromInputUnsafe(bodyTimeout))
  // Node refuses headers that may take longer than the whole.
  const headersTimeout = Math.min(requestTimeout, Duration.toMillis(Duration.fromInputUnsafe(headerTimeout)))
  const server = new DrainingServer({
    requestTimeout,
    headersTimeout,
    connectionsCheckingInterval: Math.max(50, headersTimeout / 4),
    keepAliveTimeout: Duration.toMillis(Duration.fromInputUnsafe(idleTimeout))
  }, ...more)
  server.maxConnections = maxConnections
  return server
}
