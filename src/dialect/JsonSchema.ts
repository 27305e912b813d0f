/**
 * JSON schemas as each vendor's API takes them. A schema that is fine already stays the object that it was.
 *
 * Wire facts: vendor documentation of structured outputs and the official clients' own preparation of schemas. OpenAI's
 * strict mode wants every property required and every object closed, and knows some keywords only. Anthropic's wants
 * every object closed and knows neither recursion, nor maps, nor bounds. Neither takes parameters of a function that
 * are no object, or a choice at their root.
 */
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"

const union = (schema: JsonObject): ReadonlyArray<JsonObject> => [
  ...Json.objects(schema, "anyOf"),
  ...Json.objects(schema, "oneOf")
]

/** The schema that a local reference means. */
const referred = (root: JsonObject, reference: string): JsonObject | undefined => {
  if (reference === "#") return root
  const [, place = "", name = ""] = /^#\/(\$defs|definitions)\/([^/]+)$/.exec(reference) ?? []
  const plain = name.replaceAll("~1", "/").replaceAll("~0", "~")
  return Json.object(Json.object(root, place) ?? {}, plain)
}

interface Shape {
  readonly properties: { readonly [name: string]: Json.Json }
  readonly required: ReadonlyArray<Json.Json>
}

const both = (one: Json.Json | undefined, other: Json.Json): Json.Json =>
  one === undefined || JSON.stringify(one) === JSON.stringify(other) ? other : { anyOf: [one, other] }

/** All properties of several shapes; what every one of them requires, or what any of them does. */
const merge = (shapes: ReadonlyArray<Shape>, isRequired: "byAll" | "byAny"): Shape => {
  const properties = new Map<string, Json.Json>()
  for (const shape of shapes) {
    for (const [name, schema] of Object.entries(shape.properties)) {
      properties.set(name, both(properties.get(name), schema))
    }
  }
  const names = new Set(shapes.flatMap(({ required }) => required))
  const required = [...names].filter((name) =>
    isRequired === "byAny" || shapes.every((shape) => shape.required.includes(name))
  )
  return { properties: Object.fromEntries(properties), required }
}

const shapeOf = (schema: JsonObject, root: JsonObject, depth: number): Shape => {
  const own: Shape = {
    properties: Json.object(schema, "properties") ?? {},
    required: Json.array(schema, "required") ?? []
  }
  if (depth > 8) return own
  const inner = (schemas: ReadonlyArray<JsonObject>) => schemas.map((schema) => shapeOf(schema, root, depth + 1))
  const target = referred(root, Json.string(schema, "$ref") ?? "")
  const choices = union(schema)
  return merge([
    own,
    ...(target === undefined ? [] : inner([target])),
    ...inner(Json.objects(schema, "allOf")),
    ...(choices.length === 0 ? [] : [merge(inner(choices), "byAll")])
  ], "byAny")
}

const composing = ["anyOf", "oneOf", "allOf", "$ref", "not"]

/**
 * The parameters of a function as an object: `{}` takes none, and a choice at the root becomes one object with the
 * properties of all, of which only what every choice requires is required.
 */
export const ofParameters = (schema: JsonObject | undefined): JsonObject => {
  if (schema === undefined) return { type: "object", properties: {} }
  if (!composing.some((keyword) => Json.isGiven(schema, keyword))) {
    const type = schema["type"] ?? null
    const isObject = type === null || (Json.isArray(type) && type.includes("object"))
    if (!isObject && (type !== "object" || Json.object(schema, "properties") !== undefined)) return schema
    return { ...schema, type: "object", properties: Json.object(schema, "properties") ?? {} }
  }
  const { properties, required } = shapeOf(schema, schema, 0)
  const rest = Object.fromEntries(Object.entries(schema).filter(([keyword]) => !composing.includes(keyword)))
  return { ...rest, type: "object", properties, ...(required.length === 0 ? {} : { required }) }
}

const formats: ReadonlySet<string> = new Set(
  "date-time time date duration email hostname ipv4 ipv6 uuid".split(" ")
)

/** Every schema in a map of them, or nothing if one of them cannot be said. */
const each = <A extends Json.Json>(
  schemas: JsonObject,
  say: (schema: Json.Json) => A | undefined
): { readonly [name: string]: A } | undefined => {
  const said: Array<readonly [string, A]> = []
  for (const [name, schema] of Object.entries(schemas)) {
    const one = say(schema)
    if (one === undefined) return undefined
    said.push([name, one])
  }
  return Object.fromEntries(said)
}

const all = (
  schemas: ReadonlyArray<Json.Json>,
  say: (schema: Json.Json) => JsonObject | undefined
): ReadonlyArray<JsonObject> | undefined => {
  const said = schemas.map(say).filter((schema) => schema !== undefined)
  return said.length === schemas.length ? said : undefined
}

const lookaround = /\(\?<?[=!]/

const openAIKeywords: ReadonlySet<string> = new Set(
  ("type properties required additionalProperties description title enum const anyOf items $ref $defs definitions " +
    "$schema pattern format minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minItems maxItems").split(" ")
)

const isClosed = (schema: JsonObject): boolean =>
  !Json.isGiven(schema, "additionalProperties") || schema["additionalProperties"] === false

/** A part of a schema as OpenAI's strict mode takes it, or nothing. */
const strict = (schema: Json.Json): JsonObject | undefined => {
  if (!Json.isObject(schema)) return undefined
  const members = new Map<string, Json.Json>()
  const isObject = schema["type"] === "object" || Json.isGiven(schema, "properties")
  for (const [keyword, value] of Object.entries(schema)) {
    if (!openAIKeywords.has(keyword)) return undefined
    let said: Json.Json | undefined = value
    if (keyword === "properties" || keyword === "$defs" || keyword === "definitions") {
      said = Json.isObject(value) ? each(value, strict) : undefined
    } else if (keyword === "anyOf") said = Json.isArray(value) ? all(value, strict) : undefined
    else if (keyword === "items") said = strict(value)
    else if (keyword === "format") said = typeof value === "string" && formats.has(value) ? value : undefined
    else if (keyword === "pattern") said = typeof value === "string" && !lookaround.test(value) ? value : undefined
    if (said === undefined) return undefined
    members.set(keyword, said)
  }
  if (!isObject) return members.size === 0 ? undefined : Object.fromEntries(members)
  const required = Json.array(schema, "required") ?? []
  const properties = Json.object(schema, "properties") ?? {}
  return isClosed(schema) && Object.keys(properties).every((name) => required.includes(name))
    ? {
      ...Object.fromEntries(members),
      properties: members.get("properties") ?? {},
      required,
      additionalProperties: false
    }
    : undefined
}

/** The schema itself where nothing had to change: its numbers are spelled as they came. */
const unlessSame = (schema: JsonObject, said: JsonObject | undefined): JsonObject | undefined =>
  JSON.stringify(said) === JSON.stringify(schema) ? schema : said

/** A schema as OpenAI's strict mode takes it; `undefined` where that mode would refuse it or change its meaning. */
export const forOpenAI = (schema: JsonObject): JsonObject | undefined =>
  schema["type"] === "object" && !Json.isGiven(schema, "anyOf") ? unlessSame(schema, strict(schema)) : undefined

/** Whether a schema can be asked for strictly just as it is. */
export const isStrict = (schema: JsonObject): boolean => forOpenAI(schema) === schema

const isPrimitive = (value: Json.Json): boolean => typeof value !== "object" || value === null

/** Keywords that Anthropic keeps as they are. */
const claudeKeywords: ReadonlySet<string> = new Set("type const required description title default".split(" "))

const claudeFormats: ReadonlySet<string> = new Set([...formats, "uri"])

/** A part of a schema as Anthropic takes it; what bounds a value becomes words of its description. */
const closed = (schema: Json.Json): JsonObject | undefined => {
  if (!Json.isObject(schema)) return undefined
  const members = new Map<string, Json.Json>()
  const bounds: Array<string> = []
  const isObject = schema["type"] === "object" || Json.isGiven(schema, "properties")
  const reference = Json.string(schema, "$ref")
  for (const [keyword, value] of Object.entries(schema)) {
    switch (keyword) {
      case "$schema":
      case "additionalProperties":
        break
      case "$defs":
      case "definitions":
      case "properties": {
        const said = Json.isObject(value) ? each(value, closed) : undefined
        if (said === undefined) return undefined
        members.set(keyword, said)
        break
      }
      case "anyOf":
      case "oneOf":
      case "allOf": {
        const said = Json.isArray(value) ? all(value, closed) : undefined
        // A choice that is exclusive there is any of them here; what all of must hold cannot be a reference.
        if (said === undefined || (keyword === "allOf" && said.some((one) => Json.isGiven(one, "$ref")))) {
          return undefined
        }
        members.set(keyword === "oneOf" ? "anyOf" : keyword, said)
        break
      }
      case "items": {
        const said = closed(value)
        if (said === undefined) return undefined
        members.set(keyword, said)
        break
      }
      case "enum":
        if (!Json.isArray(value) || !value.every(isPrimitive)) return undefined
        members.set(keyword, value)
        break
      case "$ref":
        members.set(keyword, value)
        break
      default: {
        const isKept = claudeKeywords.has(keyword) ||
          (keyword === "format" && typeof value === "string" && claudeFormats.has(value)) ||
          (keyword === "minItems" && (value === 0 || value === 1))
        if (isKept) members.set(keyword, value)
        else bounds.push(`${keyword}: ${JSON.stringify(value)}`)
      }
    }
  }
  if (reference !== undefined) {
    // Beside a reference only definitions may stand.
    const definitions = [...members].filter(([keyword]) => keyword === "$defs" || keyword === "definitions")
    return { ...Object.fromEntries(definitions), $ref: reference }
  }
  if (!["type", "enum", "const", "anyOf", "allOf"].some((keyword) => members.has(keyword)) && !isObject) {
    return undefined
  }
  if (bounds.length > 0) {
    const description = Json.string(schema, "description")
    members.set("description", [...(description === undefined ? [] : [description]), bounds.join(", ")].join("\n\n"))
  }
  if (!isObject) return Object.fromEntries(members)
  // A map of names that nobody knows beforehand cannot be said.
  return isClosed(schema) || schema["additionalProperties"] === true && Json.isGiven(schema, "properties")
    ? {
      ...Object.fromEntries(members),
      type: "object",
      properties: members.get("properties") ?? {},
      additionalProperties: false
    }
    : undefined
}

/** Whether every reference leads somewhere in the schema, and none into itself. */
const isFinite = (schema: JsonObject): boolean => {
  const done = new Set<string>()
  const visit = (value: Json.Json, above: ReadonlySet<string>): boolean => {
    if (Json.isArray(value)) return value.every((one) => visit(one, above))
    if (!Json.isObject(value)) return true
    const reference = Json.string(value, "$ref")
    if (reference === undefined || done.has(reference)) {
      return Object.entries(value).every(([name, one]) =>
        name === "$defs" || name === "definitions" || visit(one, above)
      )
    }
    const target = referred(schema, reference)
    if (target === undefined || target === schema || above.has(reference)) return false
    const isFine = visit(target, new Set([...above, reference]))
    if (isFine) done.add(reference)
    return isFine
  }
  return visit(schema, new Set())
}

/** A schema as Anthropic's structured outputs take it; `undefined` where it says more than they can. */
export const forClaude = (schema: JsonObject): JsonObject | undefined =>
  isFinite(schema) ? unlessSame(schema, closed(schema)) : undefined
