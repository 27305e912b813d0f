/** How the tests run: `npm test` runs them, `npm run test:long` (mode `long`) those of `*.long.test.ts`. */
import path from "node:path"
import { configDefaults, defineConfig } from "vitest/config"
// oxlint-disable-next-line no-unassigned-import -- on Node 20 vitest needs it
import "./support/node20.js"

const long = "test/**/*.long.test.ts"

export default defineConfig(({ mode }) => ({
  test: {
    setupFiles: [path.join(import.meta.dirname, "support/written.setup.ts")],
    include: mode === "long" ? [long] : ["test/**/*.test.ts"],
    exclude: mode === "long" ? configDefaults.exclude : [...configDefaults.exclude, long],
    // No test replaces a module or a global, and loading everything anew for each file costs as much as the tests.
    isolate: false,
    // Every core: nothing here measures time, and most of it is compiling and waiting for processes.
    maxWorkers: "100%",
    // No promise is about the wall clock: this only ends what hangs, however busy the machine is.
    testTimeout: mode === "long" ? 600_000 : 60_000,
    hookTimeout: 60_000,
    silent: "passed-only"
  }
}))
