/** A client as the benchmark calls it. */

/** A type and no interface, so that it may stand where any field is allowed. */
export type Body = {
  readonly model: string
  readonly instructions: string
  readonly input: string
  readonly start_within: "default" | "00h-10m-00s"
}

export interface Caller {
  /** A whole body; tells that there was one. */
  readonly create: (body: Body) => Promise<number>
  /** Reads every event of a stream and tells how many there were. */
  readonly stream: (body: Body) => Promise<number>
}

/** One measured loop of calls, as the child is asked for it. */
export interface Job {
  readonly kind: keyof Caller
  readonly body: Body
  /** How many bodies or events a call must bring. */
  readonly expected: number
  readonly millis: number
}
