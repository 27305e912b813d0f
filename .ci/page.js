/**
 * Makes the dashboard's page of its sources, as a module that the gateway imports: one document that holds its style, its
 * script and the chart library. `node .ci/page.js` writes it; a test holds it against its sources.
 */
import { build } from "esbuild"
import { createHash } from "node:crypto"
import { readFileSync, writeFileSync } from "node:fs"
import path from "node:path"

const root = path.resolve(import.meta.dirname, "..")
const folder = path.join(root, "src/gateway/dashboard")
export const target = path.join(folder, "PageText.ts")

const bundle = async (entry, options) => {
  const { outputFiles: [file] } = await build({
    absWorkingDir: root,
    entryPoints: [path.join(folder, "page", entry)],
    bundle: true,
    minify: true,
    legalComments: "none",
    write: false,
    logLevel: "warning",
    target: ["chrome111", "firefox113", "safari16.4"],
    charset: "utf8",
    ...options
  })
  return file.text.trim()
}

const hash = (text) => `sha256-${createHash("sha256").update(text).digest("base64")}`

export const make = async () => {
  const licence = readFileSync(path.join(root, "node_modules/uplot/LICENSE"), "utf8").trim()
  const notice = `/*!\nThis page holds uPlot, beside its own code:\n\n${licence}\n*/\n`
  const script = notice + await bundle("main.js", { format: "iife" })
  const style = await bundle("style.css")
  const html = readFileSync(path.join(folder, "page/index.html"), "utf8")
    .replace("/* style */", () => style)
    .replace("/* script */", () => script)
  const lines = html.trimEnd().split("\n").map((line) => `  ${JSON.stringify(line)}`)
  return [
    "/** The text of the dashboard's page. It is made of what is in `page/`: `node .ci/page.js` writes it anew. */",
    `export const html: string = [\n${lines.join(",\n")}\n].join("\\n")`,
    "",
    `export const scriptHash = "${hash(script)}"`,
    `export const styleHash = "${hash(style)}"`,
    ""
  ].join("\n")
}

if (process.argv[1] === import.meta.filename) writeFileSync(target, await make())
