/**
 * Providers that a gateway's configuration names by a preset: what each vendor documents of its OpenAI-compatible
 * endpoint and its flex tier. The pages were read on 2026-11-25. A server without a preset is `openai-compatible`.
 */
import * as Arr from "effect/Array"
import type * as Redacted from "effect/Redacted"
import type { DialectName } from "../../Dialect.ts"
import * as Provider from "../../Provider.ts"
import * as BuiltIn from "../../provider/index.ts"
import * as Keys from "../Keys.ts"

/** The tiers that a configuration can name words for. */
export interface TierWords {
  readonly flex?: string
  readonly standard?: string
  readonly priority?: string
  readonly auto?: string
}

/** A provider as a configuration describes it. */
export interface Entry {
  readonly name: string
  /** @default its name, where there is a preset of that, else `openai-compatible` */
  readonly preset?: string | undefined
  readonly baseUrls: ReadonlyArray<string>
  readonly keys: ReadonlyArray<Redacted.Redacted<string>>
  /** The variables of the environment that hold more of its keys. */
  readonly keyVariables: ReadonlyArray<string>
  /** Its models, `*` standing for anything. */
  readonly models?: ReadonlyArray<string> | undefined
  readonly formats?: ReadonlyArray<DialectName> | undefined
  readonly tiers?: TierWords | undefined
  readonly headers?: { readonly [name: string]: string } | undefined
}

/** What is known of a vendor before its entry is read. */
interface Preset {
  /** Where it is, unless everybody has an address of their own. */
  readonly baseUrl: string | undefined
  /** Where its key is looked for, unless the entry says. */
  readonly keyVariables: ReadonlyArray<string>
  readonly make: (entry: Entry, baseUrl: string) => Provider.Provider
}

type Facts = Omit<Provider.Options, "name" | "baseUrl" | "keyVariables"> & {
  readonly baseUrl?: string
  readonly keyVariable?: string
}

const preset = ({ baseUrl, keyVariable, ...facts }: Facts): Preset => ({
  baseUrl,
  keyVariables: keyVariable === undefined ? [] : [keyVariable],
  make: ({ name, tiers }, baseUrl) =>
    Provider.make({ prefixes: [], ...facts, ...(tiers === undefined ? {} : { tiers }), name, baseUrl })
})

/** A provider that is built in: under its own name it is the same, under another it serves what the entry says. */
const builtIn = (provider: Provider.Provider): Preset => ({
  baseUrl: provider.baseUrl,
  keyVariables: provider.keyVariables,
  make: ({ name }) => name === provider.name ? provider : { ...provider, name, claims: () => false, prefixes: [] }
})

const openAIWords = { flex: "flex", standard: "default", priority: "priority", auto: "auto" }

/**
 * Azure OpenAI (learn.microsoft.com, foundry/openai/how-to/flex-processing and api-version-lifecycle): the v1 API at
 * `https://RESOURCE.openai.azure.com/openai/v1` takes OpenAI's clients with the resource's key as a bearer token; models
 * are deployments. Flex is a preview, for deployments of the type Global Standard: half the price, on Responses and Chat
 * Completions, and a 400 `invalid_request_error` where the model has none; nothing falls back by itself.
 */
const azure = preset({
  title: "Azure OpenAI",
  telemetryName: "azure.ai.openai",
  dialects: ["responses", "chat.completions"],
  keyVariable: "AZURE_OPENAI_API_KEY",
  tiers: openAIWords
})

/**
 * Amazon Bedrock (docs.aws.amazon.com, bedrock/userguide: inference-responses-api and service-tiers-inference): OpenAI's
 * formats at `https://bedrock-runtime.REGION.amazonaws.com/openai/v1`, with a Bedrock API key as a bearer token. The word
 * in `service_tier` is `reserved`, `priority`, `default` or `flex`, and quota is shared over the last three. Which models
 * have flex, and at what discount, its price list says.
 */
const bedrock = preset({
  title: "Amazon Bedrock",
  telemetryName: "aws.bedrock",
  dialects: ["responses", "chat.completions"],
  keyVariable: "AWS_BEARER_TOKEN_BEDROCK",
  tiers: { flex: "flex", standard: "default", priority: "priority" },
  servedTiers: { reserved: "scale" }
})

/**
 * OpenRouter (openrouter.ai/docs, guides/features/service-tiers): `service_tier` takes `flex` and `priority`, the answer
 * says which served, and that is what is billed. Models are named `vendor/model`.
 */
const openrouter = preset({
  title: "OpenRouter",
  dialects: ["chat.completions", "responses"],
  baseUrl: "https://openrouter.ai/api/v1",
  keyVariable: "OPENROUTER_API_KEY",
  tiers: { flex: "flex", priority: "priority" },
  servedTiers: { default: "standard", standard: "standard" }
})

/**
 * Groq (console.groq.com/docs, service-tiers and flex-processing): `on_demand` is its standard tier and `performance` its
 * highest, for enterprises. Flex costs what `on_demand` costs and has ten times its rate limits: it saves no money. Where
 * it has no capacity, it says so at once with the status 498 and `capacity_exceeded`.
 */
const groq = preset({
  title: "Groq",
  baseUrl: "https://api.groq.com/openai/v1",
  keyVariable: "GROQ_API_KEY",
  tiers: { flex: "flex", standard: "on_demand", priority: "performance", auto: "auto" },
  verdict: (failure) =>
    failure.status === 498 || failure.code === "capacity_exceeded" ? "capacity" : Provider.verdict(failure)
})

/** Any server that speaks OpenAI's Chat Completions; it has the tiers that its entry names words for. */
const compatible = preset({ dialects: ["chat.completions"] })

/** The presets by the names that a configuration has for them. */
export const presets: { readonly [name: string]: Preset } = {
  "azure-openai": azure,
  bedrock,
  openrouter,
  groq,
  ...Object.fromEntries(Object.values(BuiltIn.providers).map((provider) => [provider.name, builtIn(provider)])),
  "openai-compatible": compatible
}

/** The providers that are there without an entry. */
export const builtInNames: ReadonlyArray<string> = Object.values(BuiltIn.providers).map(({ name }) => name)

/** The preset of an entry. */
export const presetOf = ({ name, preset = name }: Pick<Entry, "name" | "preset">): Preset =>
  Object.hasOwn(presets, preset) ? presets[preset] ?? compatible : compatible

/** The provider of an entry, without its keys; of several addresses, the first. */
export const make = (entry: Entry): Provider.Provider => {
  const preset = presetOf(entry)
  const provider = preset.make(entry, entry.baseUrls[0] ?? preset.baseUrl ?? "")
  const { formats = [], models } = entry
  return {
    ...provider,
    claims: models === undefined ? provider.claims : Keys.matches(models),
    dialects: Arr.isReadonlyArrayNonEmpty(formats) ? formats : provider.dialects
  }
}
