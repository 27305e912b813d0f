/** The servers of the benchmark's own: whom everybody calls, and the floor that everybody is measured by. */
import { type Child, start } from "./child.ts"
import { program } from "./paths.ts"

export const startUpstream = (): Promise<Child> => start(program("upstream"))

export const startBare = (upstream: string): Promise<Child> => start(program("bare"), { env: { UPSTREAM: upstream } })
