/** What the benchmark asks for, written into the prompt: the one place that every format hands on untouched. */

/** How the events of a stream arrive: in one write, four a write as fast as they go, or four a millisecond. */
export type Arrival = "whole" | "fours" | "paced"

export interface Prompt {
  readonly events: number
  readonly arrival: Arrival
  /** The answer waits until the upstream is told to release it. */
  readonly held: boolean
}

export const write = ({ arrival, events, held }: Prompt): string =>
  `[${events} events, ${arrival}, ${held ? "held" : "at once"}] Why is the sky blue, and why is the sunset red?`

export const read = (text: string): Prompt => {
  const found = /\[(\d+) events, (whole|fours|paced), (held|at once)\]/.exec(text)
  return {
    events: Number(found?.[1] ?? 51),
    arrival: found?.[2] === "fours" || found?.[2] === "paced" ? found[2] : "whole",
    held: found?.[3] === "held"
  }
}
