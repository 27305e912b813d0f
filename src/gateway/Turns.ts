/**
 * Work that comes in crowds, done a few at a time: between them the event loop sees who else has come, and who has left
 * meanwhile. What comes alone is done at once.
 */
import * as Effect from "effect/Effect"
import * as Scheduler from "effect/Scheduler"

/** A line of work of one kind. */
export interface Turns {
  /**
   * Does it now, unless this turn of the event loop has done enough of its kind. Then it is done in order, and not before
   * the event loop has looked at its sockets once more.
   */
  readonly run: (task: () => void) => void
  /** Waits for that; what is hasty may be done at once, if nothing else waits. */
  readonly wait: (isHasty: boolean) => Effect.Effect<void>
}

/** How many are done in one turn where there is a line: some milliseconds of opening or aborting calls. */
const share = 16

/** A line in which so many of a turn are done at once. */
export const make = (atOnce: number): Effect.Effect<Turns> =>
  Effect.map(Scheduler.Scheduler, (scheduler) => {
    const dispatcher = scheduler.makeDispatcher()
    let line: Array<() => void> = []
    let next = 0
    /** What stands before it in line has waited for long enough. */
    let ripe = 0
    let left = atOnce
    let isScheduled = false

    const schedule = (): void => {
      if (isScheduled) return
      isScheduled = true
      dispatcher.scheduleTask(turn, 0)
    }

    const turn = (): void => {
      isScheduled = false
      left = atOnce
      if (line.length === 0) return
      schedule()
      for (const end = Math.min(ripe, next + share); next < end; next++) line[next]?.()
      if (next === line.length) {
        line = []
        next = 0
      }
      ripe = line.length
    }

    const lineUp = Effect.callback<void>((resume) => {
      schedule()
      line.push(() => resume(Effect.void))
    })

    const isFree = (): boolean => {
      schedule()
      if (left === 0 || line.length > 0) return false
      left--
      return true
    }

    return {
      run: (task) => {
        if (isFree()) task()
        else line.push(task)
      },
      wait: (isHasty) => isHasty && isFree() ? Effect.void : lineUp
    }
  })
