/** `npm run test:clients`: other people's programs, which `install.mjs` brings, through a running gateway. */
import { defineConfig } from "vitest/config"
// oxlint-disable-next-line no-unassigned-import -- on Node 20 vitest needs it
import "../support/node20.js"

export default defineConfig({
  test: { include: ["test/clients/*.clients.ts"], testTimeout: 240_000, hookTimeout: 60_000, silent: "passed-only" }
})
