/** The built command as a child process, in an environment that holds nothing but what a test gives it. */
import { Effect } from "effect"
import type { Scope } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import type { Readable } from "node:stream"
import path from "node:path"

export const script = path.resolve(import.meta.dirname, "..", "..", "dist", "bin", "flexinference.js")

export interface Options {
  readonly env?: { readonly [name: string]: string }
  /** What stdin holds; nothing without it. `Open` says nothing and does not end. */
  readonly stdin?: string | { readonly _tag: "Open" }
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  /** Waits for a match in what stdout holds so far. */
  readonly until: (pattern: RegExp) => Effect.Effect<RegExpExecArray>
  /** The same for stderr. */
  readonly untilError: (pattern: RegExp) => Effect.Effect<RegExpExecArray>
  /** Ends a stdin that was left open. */
  readonly endStdin: Effect.Effect<void>
  readonly kill: (signal: NodeJS.Signals) => Effect.Effect<void>
  /** Closes the reading end of stdout. */
  readonly stopReading: Effect.Effect<void>
  readonly ended: Effect.Effect<Ended>
}

/** Looks again with all that comes. */
const found = (output: Readable, find: () => RegExpExecArray | null): Effect.Effect<RegExpExecArray> =>
  Effect.callback((resume) => {
    const look = () => {
      const match = find()
      if (match === null) return
      output.off("data", look)
      resume(Effect.succeed(match))
    }
    output.on("data", look)
    look()
  })

/** Starts any program; what still runs when the scope closes is killed. */
export const program = (
  file: string,
  args: ReadonlyArray<string>,
  options: Options = {}
): Effect.Effect<Running, never, Scope.Scope> =>
  Effect.gen(function*() {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => spawn(file, args, { env: { PATH: process.env["PATH"] ?? "", ...options.env } })),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    )
    let stdout = ""
    let stderr = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
    child.stdin.on("error", () => {})
    if (typeof options.stdin !== "object") child.stdin.end(options.stdin)
    const closed = once(child, "close")
    return {
      until: (pattern) => found(child.stdout, () => pattern.exec(stdout)),
      untilError: (pattern) => found(child.stderr, () => pattern.exec(stderr)),
      endStdin: Effect.sync(() => child.stdin.end()),
      kill: (signal) => Effect.sync(() => child.kill(signal)),
      stopReading: Effect.sync(() => child.stdout.destroy()),
      ended: Effect.map(Effect.promise(() => closed), () => ({ code: child.exitCode, stdout, stderr }))
    }
  })

/** Starts the command. */
export const start = (args: ReadonlyArray<string>, options?: Options) =>
  program(process.execPath, [script, ...args], options)

/** Runs the command to its end. */
export const run = (args: ReadonlyArray<string>, options?: Options) =>
  Effect.scoped(Effect.flatMap(start(args, options), ({ ended }) => ended))
