/**
 * What a gateway's configuration file says: its settings, keys, aliases, providers and models. It is checked as a whole,
 * and everything that is wrong with it is told at once, with its place.
 *
 * A setting that can also stand in the environment is kept as its variable's text, so that it is read, and explained when
 * it is wrong, in one place. `CONFIGURATION.md` beside this file says what each field means.
 */
import * as Arr from "effect/Array"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaParser from "effect/SchemaParser"
import * as Struct from "effect/Struct"
import type { Day, Model, Prices, Rates } from "../../ModelCatalog.ts"
import * as ModelCatalog from "../../ModelCatalog.ts"
import * as Json from "../../wire/Json.ts"
import type { Alias } from "../Aliases.ts"
import type { Key } from "../Keys.ts"
import * as Presets from "../presets/index.ts"
import * as Notation from "./Notation.ts"

/** What a file says. */
export interface Configuration {
  readonly host: string | undefined
  readonly port: number | undefined
  /** The settings, by the variables of the environment that say the same. */
  readonly variables: { readonly [name: string]: string }
  readonly keys: ReadonlyArray<Key>
  readonly aliases: ReadonlyArray<Alias>
  readonly providers: ReadonlyArray<Presets.Entry>
  /** Of the built-in catalogue, with the file's additions and corrections. */
  readonly catalog: ModelCatalog.ModelCatalog
}

/** Something wrong, and where: `keys[1].models[0]`. */
export interface Problem {
  readonly path: ReadonlyArray<PropertyKey>
  readonly message: string
}

const filter = (holds: (text: string) => boolean, message: string) =>
  Schema.String.annotate({ message }).check(Schema.makeFilter((text: string) => holds(text) ? undefined : message))

const written = (notation: Notation.Notation<unknown>) =>
  filter((text) => Result.isSuccess(notation.parse(text)), `must be ${notation.accepted}`)

const whole = (minimum: number, maximum: number, message: string) =>
  Schema.Number.annotate({ message }).check(
    Schema.makeFilter((value: number) =>
      Number.isInteger(value) && value >= minimum && value <= maximum ? undefined : message
    )
  )

const text = filter((text) => text.trim() !== "", "must be a text that is not empty")
const name = filter(
  (text) => /^[\w.-]{1,64}$/.test(text) && text !== "loopback",
  "must be a name of at most 64 letters, digits, points, dashes and underlines, and not loopback"
)
const secret = filter(
  (text) => /^[!-~]+$/.test(text),
  "must be a key: a text without white space or special characters"
)
const flag = Schema.Boolean.annotate({ message: "must be true or false" })
const count = whole(1, 1e9, "must be a whole number from 1 on")
const countOrNone = whole(0, 1e9, "must be a whole number, or 0 for no limit")
const money = Schema.Number.annotate({ message: "must be a number of US dollars" }).check(
  Schema.makeFilter((value: number) => value >= 0 ? undefined : "must be a number of US dollars")
)
const window = written(Notation.startWithin)
const time = written(Notation.time)
const url = filter(
  (text) => /^https?:\/\/\S+$/.test(text) && URL.canParse(text),
  "must be an address such as https://api.example.com/v1"
)
const origin = filter(
  (text) => URL.canParse(text) && new URL(text).origin === text,
  "must be an origin such as https://app.example.com, without a path"
)
const word = (...words: ReadonlyArray<string>) =>
  filter((text) => words.includes(text), `must be one of ${words.map((word) => `"${word}"`).join(", ")}`)
const day = filter((text) => /^\d{4}-\d{2}-\d{2}$/.test(text), "must be a day such as 2026-11-25, in quotation marks")

const list = <S extends Schema.Constraint>(element: S, of: string) =>
  Schema.Array(element).annotate({ message: `must be a list of ${of}` })

const one = <S extends Schema.Constraint>(element: S, message: string) =>
  Schema.Union([element, Schema.Array(element)]).annotate({ message })

const settings = {
  default_start_within: Schema.optionalKey(window),
  adaptive: Schema.optionalKey(flag),
  dashboard: Schema.optionalKey(flag),
  drop_unsupported: Schema.optionalKey(flag),
  early_headers: Schema.optionalKey(written(Notation.delay)),
  early_body: Schema.optionalKey(written(Notation.delay)),
  max_body: Schema.optionalKey(written(Notation.size)),
  retain: Schema.optionalKey(written(Notation.retention)),
  log_format: Schema.optionalKey(word("json", "pretty")),
  log_level: Schema.optionalKey(word("debug", "info", "warn", "error", "none")),
  records: Schema.optionalKey(text),
  records_retain: Schema.optionalKey(written(Notation.retention)),
  records_max_size: Schema.optionalKey(written(Notation.size)),
  state: Schema.optionalKey(text),
  store: Schema.optionalKey(text),
  operator_key: Schema.optionalKey(secret),
  max_failed_authentications: Schema.optionalKey(countOrNone),
  cors: Schema.optionalKey(list(origin, "origins")),
  max_connections: Schema.optionalKey(count),
  header_timeout: Schema.optionalKey(time),
  body_timeout: Schema.optionalKey(time),
  idle_timeout: Schema.optionalKey(time),
  write_timeout: Schema.optionalKey(time)
}

/** The variables of the environment that say what these settings say. */
const variables: { readonly [name in keyof typeof settings]: string } = {
  default_start_within: "FLEXINFERENCE_DEFAULT_START_WITHIN",
  adaptive: "FLEXINFERENCE_ADAPTIVE",
  dashboard: "FLEXINFERENCE_DASHBOARD",
  drop_unsupported: "FLEXINFERENCE_DROP_UNSUPPORTED",
  early_headers: "FLEXINFERENCE_EARLY_HEADERS",
  early_body: "FLEXINFERENCE_EARLY_BODY",
  max_body: "FLEXINFERENCE_MAX_BODY",
  retain: "FLEXINFERENCE_RETAIN",
  log_format: "FLEXINFERENCE_LOG_FORMAT",
  log_level: "FLEXINFERENCE_LOG_LEVEL",
  records: "FLEXINFERENCE_RECORDS",
  records_retain: "FLEXINFERENCE_RECORDS_RETAIN",
  records_max_size: "FLEXINFERENCE_RECORDS_MAX_SIZE",
  state: "FLEXINFERENCE_STATE",
  store: "FLEXINFERENCE_STORE",
  operator_key: "FLEXINFERENCE_OPERATOR_KEY",
  max_failed_authentications: "FLEXINFERENCE_MAX_FAILED_AUTHENTICATIONS",
  cors: "FLEXINFERENCE_CORS",
  max_connections: "FLEXINFERENCE_MAX_CONNECTIONS",
  header_timeout: "FLEXINFERENCE_HEADER_TIMEOUT",
  body_timeout: "FLEXINFERENCE_BODY_TIMEOUT",
  idle_timeout: "FLEXINFERENCE_IDLE_TIMEOUT",
  write_timeout: "FLEXINFERENCE_WRITE_TIMEOUT"
}

const key = Schema.Struct({
  name,
  key: Schema.optionalKey(secret),
  sha256: Schema.optionalKey(
    filter((text) => /^[0-9a-f]{64}$/i.test(text), "must be the SHA-256 of the key, 64 hexadecimal digits")
  ),
  default_start_within: Schema.optionalKey(window),
  models: Schema.optionalKey(list(text, "models, in which * stands for anything")),
  requests_per_minute: Schema.optionalKey(count),
  race_slots: Schema.optionalKey(whole(0, 1e9, "must be a whole number")),
  daily_budget_microusd: Schema.optionalKey(whole(1, 1e15, "must be a whole number of micro-USD"))
})

const alias = Schema.Struct({
  name: text,
  model: text,
  start_within: Schema.optionalKey(window),
  provider: Schema.optionalKey(list(text, "providers"))
})

const tierWords = Schema.Struct({
  flex: Schema.optionalKey(text),
  standard: Schema.optionalKey(text),
  priority: Schema.optionalKey(text),
  auto: Schema.optionalKey(text)
})

const presetNames = Object.keys(Presets.presets)
const formats = ["responses", "chat.completions", "messages", "interactions"] as const

const provider = Schema.Struct({
  name,
  preset: Schema.optionalKey(
    filter((text) => presetNames.includes(text), `must be one of ${presetNames.join(", ")}`)
  ),
  base_url: Schema.optionalKey(one(url, "must be an address such as https://api.example.com/v1, or a list of them")),
  key: Schema.optionalKey(one(secret, "must be a key, or a list of them")),
  key_env: Schema.optionalKey(one(text, "must be the name of a variable that holds a key, or a list of them")),
  models: Schema.optionalKey(list(text, "models, in which * stands for anything")),
  formats: Schema.optionalKey(
    list(
      filter((text) => formats.some((format) => format === text), `must be one of ${formats.join(", ")}`),
      `formats: ${formats.join(", ")}`
    )
  ),
  tiers: Schema.optionalKey(tierWords),
  headers: Schema.optionalKey(Schema.Record(Schema.String, text))
})

const rates = Schema.Struct({
  input: money,
  output: money,
  cached_input: Schema.optionalKey(money),
  cache_write_input: Schema.optionalKey(money)
})

const prices = Schema.Struct({
  standard: Schema.optionalKey(rates),
  flex: Schema.optionalKey(rates),
  priority: Schema.optionalKey(rates),
  fast: Schema.optionalKey(rates),
  ultrafast: Schema.optionalKey(rates),
  scale: Schema.optionalKey(rates)
})

const model = Schema.Struct({
  id: text,
  provider: Schema.optionalKey(text),
  aliases: Schema.optionalKey(list(text, "names")),
  flex: Schema.optionalKey(flag),
  priority: Schema.optionalKey(flag),
  prices: Schema.optionalKey(prices),
  retires: Schema.optionalKey(day),
  as_of: Schema.optionalKey(day)
})

const file = Schema.Struct({
  ...settings,
  host: Schema.optionalKey(text),
  port: Schema.optionalKey(whole(0, 65_535, "must be a port from 0 to 65535")),
  keys: Schema.optionalKey(
    list(key, "tables: [[keys]]").check(
      Schema.makeFilter((keys: ReadonlyArray<unknown>) =>
        keys.length > 0 ? undefined : "holds no key; leave it out to serve this machine alone"
      )
    )
  ),
  aliases: Schema.optionalKey(list(alias, "tables: [[aliases]]")),
  providers: Schema.optionalKey(list(provider, "tables: [[providers]]")),
  models: Schema.optionalKey(list(model, "tables: [[models]]"))
})

type File = typeof file.Type

const decodeFile = SchemaParser.decodeUnknownResult(file, { errors: "all", onExcessProperty: "error" })

/** What may stand at a place, by its path without the positions. */
const names = new Map<string, object>([
  ["", file.fields],
  ["keys", key.fields],
  ["aliases", alias.fields],
  ["providers", provider.fields],
  ["providers.tiers", tierWords.fields],
  ["models", model.fields],
  ["models.prices", prices.fields],
  ...Object.keys(prices.fields).map((tier) => [`models.prices.${tier}`, rates.fields] as const)
])

const known = (path: ReadonlyArray<PropertyKey>): string =>
  Object.keys(names.get(path.slice(0, -1).filter((part) => typeof part === "string").join(".")) ?? {}).join(", ")

// No value is quoted: it may be a key.
const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => {
    if (issue._tag === "MissingKey") return "is missing"
    if (issue._tag === "UnexpectedKey") return unknownName
    return SchemaIssue.defaultLeafHook(issue)
  }
})

const unknownName = "is not known"

/** Everything that is wrong with a decoded file. */
const problemsOf = (issue: SchemaIssue.Issue): ReadonlyArray<Problem> =>
  format(issue).issues.map(({ message, path = [] }) => {
    const keys = path.map((part) => typeof part === "object" ? part.key : part)
    return { path: keys, message: message === unknownName ? `${message}; known are ${known(keys)}` : message }
  })

/** Of each section of a file what can be read: what cannot is told already, and what agrees with it is not known. */
const readable = (value: unknown) => {
  const each = <A>(
    section: string,
    read: (value: unknown) => Result.Result<A, unknown>
  ): ReadonlyArray<A | undefined> => {
    const elements = Json.isObject(value) ? Json.getOwn(value, section) : undefined
    return Array.isArray(elements) ? elements.map((element) => Result.getOrUndefined(read(element))) : []
  }
  return {
    keys: each("keys", SchemaParser.decodeUnknownResult(key)),
    aliases: each("aliases", SchemaParser.decodeUnknownResult(alias)),
    providers: each("providers", SchemaParser.decodeUnknownResult(provider)),
    models: each("models", SchemaParser.decodeUnknownResult(model))
  }
}

/** What no schema can say of a file: what has to agree with something else in it. */
const disagreements = ({ aliases, keys, models, providers }: ReturnType<typeof readable>): ReadonlyArray<Problem> => {
  const problems: Array<Problem> = []
  const at = (path: ReadonlyArray<PropertyKey>, message: string): number => problems.push({ path, message })

  const once = (section: string, field: string, values: ReadonlyArray<string | undefined>): void => {
    for (const [index, value] of values.entries()) {
      const first = values.indexOf(value)
      if (value !== undefined && first < index) at([section, index, field], `is what ${section}[${first}] has already`)
    }
  }
  once("keys", "name", keys.map((key) => key?.name))
  once("keys", "key", keys.map((key) => key?.key))
  once("keys", "sha256", keys.map((key) => key?.sha256?.toLowerCase()))
  once("aliases", "name", aliases.map((alias) => alias?.name))
  once("providers", "name", providers.map((provider) => provider?.name))
  once("models", "id", models.map((model) => model?.id))

  for (const [index, key] of keys.entries()) {
    if (key !== undefined && (key.key === undefined) === (key.sha256 === undefined)) {
      at(["keys", index], "needs either key or sha256, and not both: sha256 is that of the key's own bytes")
    }
  }

  const own = providers.flatMap((provider) => provider?.name ?? [])
  const names = [...Presets.builtInNames, ...own.filter((name) => !Presets.builtInNames.includes(name))]
  // One that cannot be read may be the one that is meant.
  const isProvider = (name: string): boolean => names.includes(name) || providers.includes(undefined)
  const unknownProvider = `is no provider that is known; known are ${names.join(", ")}`
  for (const [index, alias] of aliases.entries()) {
    if (alias === undefined) continue
    const chain = alias.provider ?? []
    for (const [position, name] of chain.entries()) {
      if (!isProvider(name)) at(["aliases", index, "provider", position], unknownProvider)
    }
    if (
      alias.provider !== undefined && (chain.length === 0 || chain.length > 3 || new Set(chain).size < chain.length)
    ) {
      at(["aliases", index, "provider"], "must be a list of one to three different providers")
    }
    if (aliases.some((other) => other?.name === alias.model)) {
      at(["aliases", index, "model"], "is an alias itself; name the model")
    }
    if (models.some((model) => model?.id === alias.name)) {
      at(["aliases", index, "name"], "is the id of one of the file's models")
    }
  }
  for (const [index, entry] of providers.entries()) {
    if (entry === undefined) continue
    const preset = Presets.presetOf(entry)
    if (preset.baseUrl === undefined && entry.base_url === undefined) {
      at(["providers", index], "needs a base_url: it has none that is everybody's")
    }
    if (preset.keyVariables.length === 0 && entry.key === undefined && entry.key_env === undefined) {
      at(["providers", index], "needs a key or a key_env; a server that asks for none takes any")
    }
  }
  for (const [index, model] of models.entries()) {
    if (model === undefined) continue
    const isKnown = ModelCatalog.builtIn.models.has(model.id)
    if (model.provider === undefined && !isKnown) {
      at(["models", index], "needs a provider: the model is not in the catalogue")
    }
    if (model.provider !== undefined && !isProvider(model.provider)) at(["models", index, "provider"], unknownProvider)
  }
  return problems
}

const variablesOf = (given: File): Configuration["variables"] =>
  Object.fromEntries(
    Struct.keys(variables).flatMap((name) => {
      const value = given[name]
      return value === undefined ? [] : [[variables[name], Array.isArray(value) ? value.join(",") : String(value)]]
    })
  )

const windowOf = (text: string | undefined) =>
  text === undefined ? undefined : Result.getOrUndefined(Notation.startWithin.parse(text))

const keyOf = (given: typeof key.Type): Key => ({
  name: given.name,
  key: given.key === undefined ? undefined : Redacted.make(given.key),
  sha256: given.sha256,
  defaultStartWithin: windowOf(given.default_start_within),
  models: given.models,
  requestsPerMinute: given.requests_per_minute,
  raceSlots: given.race_slots,
  dailyBudgetMicroUsd: given.daily_budget_microusd
})

const aliasOf = ({ model, name, provider = [], start_within }: typeof alias.Type): Alias => ({
  name,
  model,
  startWithin: windowOf(start_within),
  provider: Arr.isReadonlyArrayNonEmpty(provider) ? provider : undefined
})

const entryOf = (given: typeof provider.Type): Presets.Entry => ({
  name: given.name,
  preset: given.preset,
  baseUrls: Arr.ensure(given.base_url ?? []),
  keys: Arr.ensure(given.key ?? []).map((key) => Redacted.make(key)),
  keyVariables: Arr.ensure(given.key_env ?? []),
  models: given.models,
  formats: given.formats,
  tiers: given.tiers,
  headers: given.headers
})

const ratesOf = (given: typeof rates.Type): Rates => ({
  input: given.input,
  output: given.output,
  cachedInput: given.cached_input,
  cacheWriteInput: given.cache_write_input
})

/** A model of the file, over what the catalogue says of it. */
const modelOf = (given: typeof model.Type): Model => {
  const own = ModelCatalog.builtIn.models.get(given.id)
  const tiers = own?.tiers ?? ["standard"]
  const priced: Prices = Object.fromEntries(
    Object.entries(given.prices ?? {}).map(([tier, rates]) => [tier, { base: ratesOf(rates) }])
  )
  return {
    ...own,
    id: given.id,
    aliases: given.aliases ?? own?.aliases,
    provider: given.provider ?? own?.provider ?? "",
    flex: given.flex ?? own?.flex ?? false,
    tiers: given.priority === undefined
      ? tiers
      : [...tiers.filter((tier) => tier !== "priority"), ...(given.priority ? ["priority" as const] : [])],
    prices: { ...own?.prices, ...priced },
    retires: dayOf(given.retires) ?? own?.retires,
    asOf: dayOf(given.as_of) ?? own?.asOf ?? ModelCatalog.builtIn.asOf
  }
}

const isDay = (text: string): text is Day => /^\d{4}-\d{2}-\d{2}$/.test(text)

const dayOf = (text: string | undefined): Day | undefined => text !== undefined && isDay(text) ? text : undefined

/** What a file says that has been read as a value, or everything that is wrong with it. */
export const decode = (value: unknown): Result.Result<Configuration, ReadonlyArray<Problem>> => {
  const decoded = decodeFile(value)
  const wrong = [
    ...(Result.isFailure(decoded) ? problemsOf(decoded.failure) : []),
    ...disagreements(readable(value))
  ]
  if (Result.isFailure(decoded) || wrong.length > 0) return Result.fail(wrong)
  const given = decoded.success
  return Result.succeed({
    host: given.host,
    port: given.port,
    variables: variablesOf(given),
    keys: (given.keys ?? []).map(keyOf),
    aliases: (given.aliases ?? []).map(aliasOf),
    providers: (given.providers ?? []).map(entryOf),
    catalog: ModelCatalog.extend(ModelCatalog.builtIn, (given.models ?? []).map(modelOf))
  })
}
