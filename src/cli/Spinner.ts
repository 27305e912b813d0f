/** A sign of life while a tier that was named has not answered: there is no deadline to count down. */
import type { Frames } from "./StatusLine.ts"

const signs = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"] as const

/** How long each sign stays, in milliseconds: ten make a turn. */
const step = 100

/** The sign turns, and the seconds count up. */
export const frames = (awaited: string): Frames => (elapsed) => ({
  text: `${signs[Math.floor(elapsed / step) % signs.length]} waiting for ${awaited} … ${Math.floor(elapsed / 1000)} s`,
  millis: step - elapsed % step
})
