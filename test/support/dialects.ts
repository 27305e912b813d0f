/** The built-in formats, by names that a provider gives as plain text. */
import { type BuiltInName, dialects } from "../../src/dialect/index.ts"

const isBuiltIn = (name: string): name is BuiltInName => Object.hasOwn(dialects, name)

/** The name as one of the built-in formats'. */
export const builtIn = (name: string): BuiltInName => {
  if (!isBuiltIn(name)) throw new Error(`${name} is no built-in format`)
  return name
}

/** The format in which a provider that speaks these is asked by a caller of that surface. */
export const askedIn = (spoken: ReadonlyArray<string>, surface: BuiltInName): BuiltInName =>
  spoken.includes(surface) ? surface : builtIn(spoken[0] ?? "")
