// Node 20 strips no types, so the benchmark is bundled before it runs; its dependencies stay outside, as they are.
import { build } from "esbuild"
import { rmSync } from "node:fs"
import { fileURLToPath, pathToFileURL } from "node:url"

const here = fileURLToPath(new URL(".", import.meta.url))
const outdir = fileURLToPath(new URL("../../dist/bench/program", import.meta.url))

rmSync(outdir, { recursive: true, force: true })
await build({
  entryPoints: [`${here}main.ts`, `${here}servers/*.ts`],
  outdir,
  outbase: here,
  bundle: true,
  splitting: true,
  packages: "external",
  platform: "node",
  format: "esm",
  target: "node20",
  sourcemap: "inline",
  logLevel: "warning"
})
await import(pathToFileURL(`${outdir}/main.js`).href)
