/** The measured processes: started with the reporter in them, asked over the process channel, ended with the benchmark. */
import { type ChildProcess, fork } from "node:child_process"
import { pathToFileURL } from "node:url"
import { program } from "./paths.ts"

export interface Child {
  /** Where it listens, if it does. */
  readonly url: string
  readonly ask: <A>(question: string, argument?: unknown) => Promise<A>
  readonly stop: () => Promise<void>
}

export interface Options {
  readonly args?: ReadonlyArray<string>
  readonly env?: { readonly [name: string]: string }
  /** More to load before the program. */
  readonly preload?: ReadonlyArray<string>
  /** What the program prints once it listens; one that is ours says it over the channel. */
  readonly listening?: RegExp
  /** Without the reporter: what it takes to load would count where the start is measured. */
  readonly unobserved?: boolean
}

/** Nothing here takes this long unless it hangs: milliseconds to start, and to answer. */
const patience = { start: 30_000, answer: 180_000 }
const running = new Set<ChildProcess>()

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once("exit", () => resolve())
    child.kill("SIGKILL")
  })

/** Ends every process that still runs. */
export const stopAll = async (): Promise<void> => {
  await Promise.all(Array.from(running, ended))
}

interface Message {
  readonly listening?: string
  readonly id?: number
  readonly answer?: unknown
  readonly failure?: string
}

/** Starts a program and waits until it listens. */
export const start = (script: string, options: Options = {}): Promise<Child> =>
  new Promise((resolve, reject) => {
    const preload = options.unobserved === true ? [] : [program("reporter"), ...(options.preload ?? [])]
    const child = fork(script, [...(options.args ?? [])], {
      execArgv: ["--expose-gc", ...preload.flatMap((path) => ["--import", pathToFileURL(path).href])],
      // Nothing of the caller's environment: a proxy or a key in it would be measured too.
      env: { PATH: process.env["PATH"] ?? "", NODE_ENV: "production", ...options.env },
      stdio: ["ignore", "pipe", "pipe", "ipc"]
    })
    running.add(child)
    const asked = new Map<
      number,
      { readonly resolve: (answer: never) => void; readonly reject: (error: Error) => void }
    >()
    let said = ""
    let next = 0
    const late = setTimeout(() => fail(new Error(`${script} did not listen in time:\n${said}`)), patience.start)
    const fail = (error: Error) => {
      clearTimeout(late)
      child.kill("SIGKILL")
      reject(error)
      for (const { reject } of asked.values()) reject(error)
    }
    const ready = (url: string) => {
      clearTimeout(late)
      resolve({
        url,
        ask: (question, argument) =>
          new Promise((resolve, reject) => {
            if (!child.connected) return reject(new Error(`${script} has ended:\n${said}`))
            const late = setTimeout(() => reject(new Error(`${script} does not answer: ${question}`)), patience.answer)
            const settled = <A>(settle: (value: A) => void) => (value: A) => {
              clearTimeout(late)
              settle(value)
            }
            asked.set(next, { resolve: settled(resolve), reject: settled(reject) })
            child.send({ bench: next++, question, argument })
          }),
        stop: () => ended(child)
      })
    }
    const hear = (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4000)
      const found = options.listening?.exec(said)?.[1]
      if (found !== undefined) ready(found)
    }
    child.stdout?.on("data", hear)
    child.stderr?.on("data", hear)
    child.on("message", (message: Message) => {
      if (message.listening !== undefined) return ready(message.listening)
      if (message.id === undefined) return
      const waiting = asked.get(message.id)
      asked.delete(message.id)
      if (message.failure === undefined) waiting?.resolve(message.answer as never)
      else waiting?.reject(new Error(message.failure))
    })
    child.on("error", fail)
    child.on("exit", (code, signal) => {
      running.delete(child)
      fail(new Error(`${script} ended with ${signal ?? code}:\n${said}`))
    })
  })
