/**
 * Bundles the command into one file that needs no other, and puts the licences of what is inside at its end. Before that
 * it takes away what the compiler once made of files that are gone: it would be packed, and hide an entry without one.
 */
import { build } from "esbuild"
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { appendFile } from "node:fs/promises"
import path from "node:path"

process.chdir(path.resolve(import.meta.dirname, ".."))

const outfile = "dist/bin/flexinference.js"

for (const file of readdirSync("dist", { recursive: true, encoding: "utf8" })) {
  const [, module] = /^(.+?)\.(?:js|js\.map|d\.ts)$/.exec(file) ?? []
  if (module !== undefined && !existsSync(path.join("src", `${module}.ts`))) rmSync(path.join("dist", file))
}

const { metafile } = await build({
  entryPoints: ["src/cli/main.ts"],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  minifySyntax: true,
  // Whoever defers requests in a folder installs it: 27 MB.
  external: ["@electric-sql/pglite"],
  // CommonJS packages inside call `require`, which a module does not have.
  banner: {
    js: `import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);`
  },
  logLevel: "warning",
  metafile: true
})

const packages = new Set(
  Object.keys(metafile.inputs).flatMap((input) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? [])
)

/** Packages of one house share the text of their licence: each text stands once, under the names it is for. */
const namesByText = new Map()
for (const folder of [...packages].sort()) {
  const { license, name, version } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"))
  const texts = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
  if (texts.length === 0) throw new Error(`${name} has no text of its licence to pass on`)
  const text = texts.map((file) => readFileSync(path.join(folder, file), "utf8").trim()).join("\n\n")
  namesByText.set(text, [...(namesByText.get(text) ?? []), `${name} ${version} (${license})`])
}

const notices = Array.from(namesByText, ([text, names]) => `${names.join("\n")}\n\n${text}`).join("\n\n----\n\n")
await appendFile(outfile, `/*!\nThis file holds, beside its own code:\n\n${notices.replaceAll("*/", "*\\/")}\n*/\n`)
