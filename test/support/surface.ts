/** What the package exports, as a user's compiler sees it: by the declarations that are built. */
import { readFileSync } from "node:fs"
import path from "node:path"
import ts from "typescript-5.9"

const root = path.resolve(import.meta.dirname, "..", "..")

export type Kind = "class" | "const" | "function" | "type"

export interface Export {
  readonly entry: string
  readonly name: string
  readonly kinds: ReadonlyArray<Kind>
  readonly documentation: string
  /** The text of each of its tags, by name; a tag that stands twice has two. */
  readonly tags: ReadonlyMap<string, ReadonlyArray<string>>
}

/** A module of the package, and the namespace under which the entry above it exports it. */
export interface Entry {
  readonly entry: string
  readonly exports: ReadonlyArray<Export>
  readonly documentation: string
}

const manifest: { readonly exports: { readonly [entry: string]: string | { readonly types: string } } } = JSON.parse(
  readFileSync(path.join(root, "package.json"), "utf8")
)

const kindsOf = (checker: ts.TypeChecker, symbol: ts.Symbol): ReadonlyArray<Kind> => {
  const kinds: Array<Kind> = []
  if (symbol.flags & ts.SymbolFlags.Class) return ["class"]
  if (symbol.flags & ts.SymbolFlags.Value) {
    const type = checker.getTypeOfSymbol(symbol)
    kinds.push(type.getCallSignatures().length > 0 && type.getProperties().length === 0 ? "function" : "const")
  }
  if (symbol.flags & ts.SymbolFlags.Type) kinds.push("type")
  return kinds
}

const grouped = (tags: ReadonlyArray<ts.JSDocTagInfo>): Export["tags"] => {
  const found = new Map<string, Array<string>>()
  for (const { name, text } of tags) {
    found.set(name, [...found.get(name) ?? [], ts.displayPartsToString(text)])
  }
  return found
}

export const surface = (): ReadonlyArray<Entry> => {
  const entries = Object.entries(manifest.exports).flatMap(([entry, target]) =>
    typeof target === "string" ? [] : [[entry, path.join(root, target.types)] as const]
  )
  const program = ts.createProgram(entries.map(([, file]) => file), {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2023.d.ts"],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: []
  })
  const checker = program.getTypeChecker()
  return entries.map(([entry, file]) => {
    const source = program.getSourceFile(file)
    const module = source && checker.getSymbolAtLocation(source)
    const exports = module === undefined ?
      [] :
      checker.getExportsOfModule(module).flatMap((exported): Array<Export> => {
        const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
        // A namespace is an entry of its own.
        if (symbol.flags & ts.SymbolFlags.ValueModule) return []
        return [{
          entry,
          name: exported.name,
          kinds: kindsOf(checker, symbol),
          documentation: ts.displayPartsToString(symbol.getDocumentationComment(checker)),
          tags: grouped(symbol.getJsDocTags(checker))
        }]
      })
    const [documentation = ""] = /\/\*\*[^]*?\*\//.exec(source?.text ?? "") ?? []
    return { entry, documentation, exports: exports.toSorted((one, other) => one.name < other.name ? -1 : 1) }
  })
}
