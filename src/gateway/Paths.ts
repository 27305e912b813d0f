/** The paths of a gateway: what its formats bring, and what it has of its own. */
import type { Dialect, KeyPlace, Listing } from "../Dialect.ts"
import { dialects, registry } from "../dialect/index.ts"
import * as Auth from "./Auth.ts"
import * as Deferrals from "./Deferrals.ts"
import type { Options } from "./GatewayOptions.ts"

/** One path; a segment that begins with a colon is whatever stands there. */
export interface Path {
  readonly path: `/${string}`
  readonly method: "GET" | "POST" | "DELETE"
  /** What has to stand behind the model, where the path ends in one. */
  readonly behindModel?: string | undefined
  /** Whose clients are told of what is wrong with a request to it. */
  readonly dialect: Dialect
  /** Where else than in `Authorization` a key may stand. */
  readonly keys: ReadonlyArray<KeyPlace>
}

/** Whose error envelope stands where no format was asked for. */
export const common = dialects.responses
export const home = "/"
/** Any client's first look, and what a supervisor asks. */
export const greetings: ReadonlyArray<Path> = [
  { path: home, method: "GET", dialect: common, keys: [] },
  { path: "/healthz", method: "GET", dialect: common, keys: [] }
]

/** What an operator and a supervisor of several gateways ask. */
export const operations = {
  events: { path: "/dashboard/events", method: "GET", dialect: common, keys: [] },
  metrics: { path: "/metrics", method: "GET", dialect: common, keys: [] },
  ready: { path: "/readyz", method: "GET", dialect: common, keys: [] }
} satisfies { readonly [name: string]: Path }

/** What whoever asks may do, and how much of it they have done. */
export const limits: Path = { path: "/v1/limits", method: "GET", dialect: common, keys: [] }

/** The formats that it speaks. */
export const formats = (options: Pick<Options, "dialects"> | undefined): ReadonlyArray<Dialect> =>
  Array.from(registry(options?.dialects).values())

/** The surfaces: a path for every place that the clients of a format post to. */
export const surfaces = (formats: ReadonlyArray<Dialect>): ReadonlyArray<Path> =>
  formats.flatMap((dialect) =>
    dialect.paths.map((path): Path => ({ path, method: "POST", dialect, keys: Auth.placesOf([dialect]) }))
  )

/** Where tokens are counted. */
export const counts = (formats: ReadonlyArray<Dialect>): ReadonlyArray<Path> =>
  formats.flatMap((dialect) => {
    const { behindModel, paths = [] } = dialect.counting ?? {}
    return paths.map((path): Path => ({ path, behindModel, method: "POST", dialect, keys: Auth.placesOf([dialect]) }))
  })

interface Lister {
  readonly dialect: Dialect
  readonly listing: Listing
}

/** Where models are listed, and in whose format for a request: its own, where it shows it, or the usual one there. */
export interface ModelPaths {
  readonly all: Path
  readonly one: Path
  readonly lister: (headers: { readonly [name: string]: string | undefined }) => Lister
}

/** Several formats may list at one path, and whoever asks there may have a key of any of them. */
export const models = (formats: ReadonlyArray<Dialect>): ReadonlyArray<ModelPaths> => {
  const byPath = new Map<`/${string}`, Array<Lister>>()
  for (const dialect of formats) {
    const { listing } = dialect
    if (listing === undefined) continue
    for (const path of listing.paths) byPath.set(path, [...byPath.get(path) ?? [], { dialect, listing }])
  }
  const keys = Auth.placesOf(formats)
  return Array.from(byPath.entries()).flatMap(([path, listings]) => {
    const usual = listings.find(({ listing }) => listing.knownBy.length === 0) ?? listings[0]
    if (usual === undefined) return []
    const { dialect } = usual
    return [{
      all: { path, method: "GET" as const, dialect, keys },
      one: { path: `${path}/:model` as const, method: "GET" as const, dialect, keys },
      lister: (headers) =>
        listings.find(({ listing }) => listing.knownBy.some((name) => headers[name] !== undefined)) ?? usual
    }]
  })
}

/** All that it answers. */
export const all = (options: Pick<Options, "dashboard" | "dialects"> | undefined): ReadonlyArray<Path> => [
  ...surfaces(formats(options)),
  ...Deferrals.paths,
  ...counts(formats(options)),
  ...models(formats(options)).flatMap(({ all, one }) => [all, one]),
  limits,
  ...greetings,
  ...Object.values(operations).filter((path) => path !== operations.events || options?.dashboard !== false)
]

/**
 * Whether an address asks for this path as it is written. A router takes more spellings for one path than whoever stands
 * before it may know, and a rule about the path must not be got past by one.
 */
export const isSpelled = ({ path }: Pick<Path, "path">, url: string): boolean => {
  const [asked = ""] = url.split("?", 1)
  if (asked === path) return true
  const parts = path.split("/")
  const askedParts = asked.replace(/(?<=.)\/$/, "").split("/")
  return parts.length === askedParts.length &&
    parts.every((part, index) => part.startsWith(":") ? !askedParts[index]?.includes(";") : part === askedParts[index])
}

/** Whether a path, without its query and in lower case, is this one. A colon is a verb's, not a model's. */
export const matches = ({ behindModel = "", path }: Path, asked: string): boolean => {
  const verb = behindModel.toLowerCase()
  const parts = path.split("/")
  const askedParts = asked.slice(0, asked.length - verb.length).split("/")
  return asked.endsWith(verb) && parts.length === askedParts.length &&
    parts.every((part, index) =>
      part.startsWith(":") ? /^[^:]+$/.test(askedParts[index] ?? "") : part === askedParts[index]
    )
}
