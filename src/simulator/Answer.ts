/**
 * What a simulated provider answers, before it is put into anybody's format: a prompt as it was understood, the answer
 * that follows from it, and the parts of that answer a script lays down instead.
 *
 * @since 0.1.0
 */
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"

/** A function the caller offers, with the JSON Schema of its arguments. */
export interface Tool {
  readonly name: string
  readonly schema: JsonObject
}

/** What a request asks for, whichever dialect it came in. */
export interface Prompt {
  /** The last text the user wrote. */
  readonly text: string
  readonly inputTokens: number
  readonly tools: ReadonlyArray<Tool>
  readonly toolChoice: "auto" | "none" | "required" | { readonly name: string }
  /** The conversation ends in a function's result, so that text is due. */
  readonly afterTool: boolean
  /** The JSON Schema the answer's text has to fit; an empty one where any JSON object will do. */
  readonly schema: JsonObject | undefined
  readonly search: boolean
  readonly reasoning: boolean
  /** The caller wants to read a summary of the reasoning. */
  readonly summary: boolean
  readonly maxTokens: number | undefined
}

/** A function call. */
export interface Call {
  readonly name: string
  readonly arguments: JsonObject
}

/** A page a web search found. */
export interface Page {
  readonly title: string
  readonly url: string
}

/** An answer, in the order in which its parts come: reasoning, search, text, calls. */
export interface Answer {
  /** The summary is empty where the caller may not read any. */
  readonly reasoning: { readonly summary: string } | undefined
  readonly search: { readonly query: string; readonly page: Page } | undefined
  readonly text: string | undefined
  readonly calls: ReadonlyArray<Call>
  /** Why the answer ends: it is complete, or the token limit cut it. */
  readonly stop: "end" | "length"
  /** Whether the provider reports the tokens. */
  readonly usage: boolean
}

/** The parts of an answer that a script may lay down; the rest follows from the request. */
export type Overrides = { readonly [part in keyof Answer]?: Answer[part] }

/**
 * Pieces about as long as a provider's tokens; joined, they are the text again.
 *
 * @internal
 */
export const tokens = (text: string): ReadonlyArray<string> => text.match(/\s*[\p{L}\p{N}]+|\s*[^\s]|\s+$/gu) ?? []

/**
 * The answer a plausible provider gives to a prompt, but for what `overrides` lays down.
 *
 * @internal
 */
export const compose = (prompt: Prompt, overrides: Overrides): Answer => {
  const calls = overrides.calls ?? callsFor(prompt)
  const search = "search" in overrides ? overrides.search : prompt.search ? searchFor(prompt) : undefined
  const text = "text" in overrides ? overrides.text : calls.length > 0 ? undefined : textFor(prompt, search?.page)
  const pieces = text === undefined ? [] : tokens(text)
  const limit = prompt.maxTokens
  const cut = limit !== undefined && pieces.length > limit
  return {
    reasoning: "reasoning" in overrides
      ? overrides.reasoning
      : prompt.reasoning
      ? { summary: prompt.summary ? "**Simulating**\n\nNothing is thought about here; a simulated answer is due." : "" }
      : undefined,
    search,
    text: cut ? pieces.slice(0, limit).join("") : text,
    calls,
    stop: overrides.stop ?? (cut ? "length" : "end"),
    usage: overrides.usage ?? true
  }
}

/**
 * Tokens of the visible answer.
 *
 * @internal
 */
export const outputTokens = (answer: Answer): number =>
  tokens(answer.text ?? "").length +
  answer.calls.reduce((sum, call) => sum + tokens(call.name + JSON.stringify(call.arguments)).length, 0)

/**
 * Tokens of the reasoning, in the steps of 64 in which providers report them.
 *
 * @internal
 */
export const reasoningTokens = (answer: Answer): number =>
  answer.reasoning === undefined ? 0 : 64 * (1 + Math.floor(tokens(answer.reasoning.summary).length / 64))

const mentions = (text: string, tool: Tool): boolean => tool.name !== "" && text.includes(tool.name)

const callsFor = (prompt: Prompt): ReadonlyArray<Call> => {
  const { afterTool, text, toolChoice, tools } = prompt
  if (toolChoice === "none") return []
  const mentioned = tools.find((tool) => mentions(text, tool))
  const tool = typeof toolChoice === "object"
    ? tools.find((tool) => tool.name === toolChoice.name)
    : toolChoice === "required"
    ? mentioned ?? tools[0]
    : afterTool
    ? undefined
    : mentioned
  return tool === undefined ? [] : [{ name: tool.name, arguments: objectFor(tool.schema) }]
}

const searchFor = (prompt: Prompt): NonNullable<Answer["search"]> => ({
  query: excerpt(prompt.text, 80),
  page: { title: "A simulated page", url: "https://example.com/simulated" }
})

const textFor = (prompt: Prompt, page: Page | undefined): string => {
  if (prompt.schema !== undefined) return JSON.stringify(objectFor(prompt.schema))
  const said = excerpt(prompt.text, 120)
  const opening = "Hello! This answer is simulated: no provider was asked and nothing was billed."
  const echo = said === "" ? "" : ` You wrote: “${said}”.`
  return `${opening}${echo}${
    page === undefined ? "" : ` See ${page.url} for more.`
  } Add a provider's key for a real one.`
}

const excerpt = (text: string, length: number): string => {
  const points = Array.from(text.trim().replace(/\s+/g, " "))
  return points.length <= length ? points.join("") : `${points.slice(0, length).join("")}…`
}

const objectFor = (schema: JsonObject): JsonObject => {
  const value = instance(schema, schema, 0)
  return Json.isObject(value) ? value : {}
}

/**
 * A value that fits a simple JSON Schema: local references, unions and the usual limits are followed.
 *
 * @internal
 */
export const instance = (schema: JsonObject, root: JsonObject, depth: number): Json.Json => {
  if (depth > 16) return null
  const next = (schema: JsonObject | undefined) => instance(schema ?? {}, root, depth + 1)
  const reference = Json.string(schema, "$ref")
  if (reference !== undefined) return next(resolve(root, reference))
  if (Object.hasOwn(schema, "const")) return schema["const"] ?? null
  for (const key of ["enum", "examples"]) {
    const first = Json.array(schema, key)?.[0]
    if (first !== undefined) return first
  }
  if (Object.hasOwn(schema, "default")) return schema["default"] ?? null
  const union = Json.objects(schema, "anyOf")[0] ?? Json.objects(schema, "oneOf")[0]
  if (union !== undefined) return next(union)
  const all = Json.objects(schema, "allOf")
  if (all.length > 0) return next(Object.fromEntries(all.flatMap((part) => Object.entries(part))))
  switch (typeOf(schema)) {
    case "object":
      return Object.fromEntries(
        properties(schema).map(([name, property]): [string, Json.Json] => [name, next(property)])
      )
    case "array":
      return Array.from({ length: Json.number(schema, "minItems") ?? 1 }, () => next(Json.object(schema, "items")))
    case "integer":
      return Math.ceil(numberFor(schema, 1))
    case "number":
      return numberFor(schema, 0.5)
    case "boolean":
      return true
    case "null":
      return null
    default:
      return stringFor(schema)
  }
}

const typeOf = (schema: JsonObject): string | undefined => {
  const types = Json.array(schema, "type")
  const first = types === undefined ? Json.string(schema, "type") : types.find((type) => type !== "null")
  return typeof first === "string" ? first : Object.hasOwn(schema, "properties") ? "object" : undefined
}

/** The required properties, or all where none is said to be. */
const properties = (schema: JsonObject): ReadonlyArray<[string, JsonObject | undefined]> => {
  const described = Json.object(schema, "properties") ?? {}
  const required = Json.array(schema, "required")?.filter((name) => typeof name === "string")
  return (required ?? Object.keys(described)).map((name) => [name, Json.object(described, name)])
}

const numberFor = (schema: JsonObject, usual: number): number => {
  const above = Json.number(schema, "exclusiveMinimum")
  const below = Json.number(schema, "exclusiveMaximum")
  const minimum = Json.number(schema, "minimum") ?? (above === undefined ? undefined : above + usual)
  const maximum = Json.number(schema, "maximum") ?? (below === undefined ? undefined : below - usual)
  const value = Math.min(Math.max(usual, minimum ?? usual), maximum ?? Infinity)
  const multiple = Json.number(schema, "multipleOf")
  return multiple === undefined || multiple <= 0 ? value : Math.ceil(value / multiple) * multiple
}

const formats: { readonly [format: string]: string | undefined } = {
  "date-time": "2026-01-01T00:00:00Z",
  date: "2026-01-01",
  time: "00:00:00Z",
  email: "simulated@example.com",
  uri: "https://example.com/simulated",
  uuid: "00000000-0000-4000-8000-000000000000"
}

const stringFor = (schema: JsonObject): string => {
  const format = formats[Json.string(schema, "format") ?? ""]
  return format ??
    "simulated".padEnd(Json.number(schema, "minLength") ?? 0, ".").slice(0, Json.number(schema, "maxLength"))
}

const resolve = (root: JsonObject, reference: string): JsonObject | undefined => {
  if (reference === "#") return root
  if (!reference.startsWith("#/")) return undefined
  return reference.slice(2).split("/").reduce<JsonObject | undefined>(
    (at, name) => at === undefined ? undefined : Json.object(at, name.replaceAll("~1", "/").replaceAll("~0", "~")),
    root
  )
}
