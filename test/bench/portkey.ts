/**
 * Portkey's gateway, installed on demand into a folder of the benchmark's own: it is measured, and depended on by
 * nobody. Its own range lets in a `@hono/node-server` that it does not start with.
 */
import { execFile } from "node:child_process"
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { promisify } from "node:util"
import { type Child, start } from "./child.ts"
import { program, workspace } from "./paths.ts"

export const version = "1.15.2"

const folder = `${workspace}portkey`
const script = `${folder}/node_modules/@portkey-ai/gateway/build/start-server.js`

const manifest = {
  private: true,
  dependencies: { "@portkey-ai/gateway": version },
  overrides: { "@hono/node-server": "1.13.5" }
}

const install = async (): Promise<void> => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}/package.json`, JSON.stringify(manifest))
  await promisify(execFile)("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], {
    cwd: folder,
    timeout: 180_000
  })
}

/** The running gateway, or why there is none. */
export const startPortkey = async (): Promise<Child | { readonly missing: string }> => {
  try {
    if (!existsSync(script)) await install()
    return await start(script, {
      // It would listen on every interface, on a fixed port.
      preload: [program("loopback")],
      args: ["--headless"]
    })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { missing: `Portkey ${version} is left out, because it could not be installed or started: ${message}` }
  }
}
