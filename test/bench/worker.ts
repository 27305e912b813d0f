/** The child's end of a conversation: questions come over the process channel and are answered in order. */
import type { Server } from "node:http"

export type Answer = (argument: unknown) => unknown

const answers = new Map<string, Answer>()

/** Answers a question. What it returns, or its promise, must survive JSON. */
export const answer = (question: string, answer: Answer): void => void answers.set(question, answer)

const reply = async (id: number, question: string, argument: unknown): Promise<void> => {
  try {
    process.send?.({ id, answer: await answers.get(question)?.(argument) })
  } catch (error) {
    process.send?.({ id, failure: error instanceof Error ? error.stack : String(error) })
  }
}

/** Listens to the benchmark, and ends with it, however it ends. */
export const start = (): void => {
  process.on(
    "message",
    (message: { readonly bench?: number; readonly question: string; readonly argument: unknown }) => {
      if (message.bench !== undefined) void reply(message.bench, message.question, message.argument)
    }
  )
  process.on("disconnect", () => process.exit())
}

/** Says that a process which serves nobody is ready for questions. */
export const ready = (): void => void process.send?.({ listening: "" })

/** Serves on any free port of the loopback interface and says which. */
export const listen = (server: Server): void => {
  server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => {
    const address = server.address()
    if (address !== null && typeof address === "object") {
      process.send?.({ listening: `http://127.0.0.1:${address.port}` })
    }
  })
}
