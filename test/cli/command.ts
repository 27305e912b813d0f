/** The built command as a child process, in an environment that holds nothing but what a test gives it. */
import { Effect } from "effect"
import type { Scope } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import path from "node:path"

const script = path.resolve(import.meta.dirname, "..", "..", "dist", "bin", "flexinference.js")

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
  /** The same in stderr. */
  readonly untilTold: (pattern: RegExp) => Effect.Effect<RegExpExecArray>
  readonly kill: (signal: NodeJS.Signals) => Effect.Effect<void>
  /** Closes the reading end of stdout. */
  readonly stopReading: Effect.Effect<void>
  readonly ended: Effect.Effect<Ended>
}

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
    const foundIn = (stream: "stdout" | "stderr", pattern: RegExp): Effect.Effect<RegExpExecArray> =>
      Effect.callback((resume) => {
        const look = () => {
          const found = pattern.exec(stream === "stdout" ? stdout : stderr)
          if (found === null) return
          child[stream].off("data", look)
          resume(Effect.succeed(found))
        }
        child[stream].on("data", look)
        look()
      })
    return {
      until: (pattern) => foundIn("stdout", pattern),
      untilTold: (pattern) => foundIn("stderr", pattern),
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
