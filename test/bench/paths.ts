/** Where things are. The bundled benchmark runs from `dist/bench/program`, so every path is counted from there, and here. */
import { fileURLToPath } from "node:url"

const from = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** The checkout. */
export const root = from("../../..")

/** What the benchmark writes and installs; git ignores it. */
export const workspace = from("..")

/** A program of the benchmark's own, as it was bundled. */
export const program = (name: string): string => from(`servers/${name}.js`)

/** The built command. */
export const command = from("../../bin/flexinference.js")
