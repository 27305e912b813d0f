/** The gateway under test: the built command, as users start it. Nothing else of the benchmark knows how. */
import { existsSync } from "node:fs"
import { type Child, type Options, start } from "./child.ts"
import { command } from "./paths.ts"

/** Serves on any free port, with every provider at `upstream`. */
export const serving = (upstream: string): Options => ({
  args: ["serve", "--port", "0"],
  env: {
    OPENAI_API_KEY: "sk-bench",
    OPENAI_BASE_URL: `${upstream}/v1`,
    ANTHROPIC_API_KEY: "sk-bench",
    ANTHROPIC_BASE_URL: upstream,
    GEMINI_API_KEY: "sk-bench",
    GOOGLE_GEMINI_BASE_URL: upstream
  },
  listening: /listening on (http:\/\/\S+)/
})

export const startGateway = (upstream: string): Promise<Child> => {
  if (!existsSync(command)) {
    throw new Error("dist/bin/flexinference.js is missing: run the benchmark by `npm run bench`")
  }
  return start(command, serving(upstream))
}
