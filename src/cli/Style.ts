/** Colour where the terminal has it, and never under `NO_COLOR`. */
import { styleText } from "node:util"

/** A stream that may be a terminal, as Node has it. */
export interface Output {
  readonly isTTY?: boolean | undefined
  readonly hasColors?: (() => boolean) | undefined
}

export interface Style {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
  readonly green: (text: string) => string
  readonly yellow: (text: string) => string
  readonly cyan: (text: string) => string
}

const painted = (color: Parameters<typeof styleText>[0]) => (text: string): string =>
  text === "" ? "" : styleText(color, text)

const colored: Style = {
  bold: painted("bold"),
  dim: painted("dim"),
  red: painted("red"),
  green: painted("green"),
  yellow: painted("yellow"),
  cyan: painted("cyan")
}

const same = (text: string): string => text

/** Text as it is. */
export const none: Style = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same }

/** The style of a stream: Node asks `NO_COLOR`, `FORCE_COLOR` and `TERM`. */
export const of = (output: Output): Style => output.isTTY === true && output.hasColors?.() === true ? colored : none
