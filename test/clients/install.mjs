/**
 * Installs other people's programs, at the versions of `versions.json`, beside the packages of this project and outside
 * of it: `node test/clients/install.mjs [group...]`. What is there already at the same versions stays.
 */
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import path from "node:path"

const root = path.resolve(import.meta.dirname, "..", "..")
const groups = JSON.parse(readFileSync(path.join(import.meta.dirname, "versions.json"), "utf8"))
const asked = process.argv.slice(2)

for (const [group, dependencies] of Object.entries(groups)) {
  if (asked.length > 0 && !asked.includes(group)) continue
  const folder = path.join(root, "node_modules", ".clients", group)
  const manifest = JSON.stringify({ private: true, type: "module", dependencies })
  const done = path.join(folder, "installed.json")
  if (existsSync(done) && readFileSync(done, "utf8") === manifest) continue
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, "package.json"), manifest)
  try {
    // With their scripts, which put the binaries of coding agents in their place.
    execFileSync("npm", ["install", "--no-audit", "--no-fund", "--no-package-lock"], {
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"]
    })
    writeFileSync(done, manifest)
  } catch (error) {
    process.stderr.write(`${group} cannot be installed, so its tests are skipped: ${error.message.split("\n", 3).join(" ")}\n`)
  }
}
