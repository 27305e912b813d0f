// Node 20 strips no types, so the soak is bundled before it runs; its dependencies stay outside, as they are.
import { build } from "esbuild"
import { fileURLToPath, pathToFileURL } from "node:url"

const outfile = fileURLToPath(new URL("../../node_modules/.cache/soak.mjs", import.meta.url))

await build({
  entryPoints: [fileURLToPath(new URL("main.ts", import.meta.url))],
  outfile,
  bundle: true,
  packages: "external",
  platform: "node",
  format: "esm",
  target: "node20",
  sourcemap: "inline",
  logLevel: "warning"
})
await import(pathToFileURL(outfile).href)
