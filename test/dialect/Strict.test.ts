/**
 * What a translation writes, held against what each provider is known to refuse. The checks know the vendors' rules by
 * themselves, from their documentation and reported refusals, and nothing of the translators.
 */
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { type BuiltInName as DialectName, dialects } from "../../src/dialect/index.ts"
import { type BuiltInName, providers } from "../../src/provider/index.ts"
import * as Encoding from "../../src/router/Encode.ts"
import * as Json from "../../src/wire/Json.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import { askedIn, builtIn } from "../support/dialects.ts"

const encode = (surface: DialectName, provider: BuiltInName, value: JsonObject, dropUnsupported = false) => {
  const served = providers[provider]
  return Encoding.encode(
    { surface: dialects[surface], text: JSON.stringify(value), value },
    {
      provider: served,
      dialect: dialects[askedIn(served.dialects, surface)],
      others: served.dialects.map((name) => dialects[builtIn(name)])
    },
    dropUnsupported
  )
}

const sentOf = (encoded: Encoding.Encoded): JsonObject =>
  Json.parseObject(encoded.body({ tier: "standard", mode: "body" })) ?? {}

const five = ["low", "medium", "high", "xhigh", "max"]

/** The levels each model knows, as its vendor documents them; `undefined` stands for a member that is left out. */
const efforts: { readonly [provider in BuiltInName]: { readonly [model: string]: ReadonlyArray<string> } } = {
  openai: {
    "gpt-4.1": [],
    "gpt-4o-mini": [],
    "gpt-5-chat-latest": [],
    "o3": ["low", "medium", "high"],
    "o4-mini-2025-04-16": ["low", "medium", "high"],
    "gpt-5-nano": ["minimal", "low", "medium", "high"],
    "gpt-5-pro": ["high"],
    "gpt-5.1": ["none", "low", "medium", "high"],
    "gpt-5.1-codex-max": ["low", "medium", "high", "xhigh"],
    "gpt-5.4-mini-2026-03-17": ["none", "low", "medium", "high", "xhigh"],
    "gpt-5.5": ["none", "low", "medium", "high", "xhigh"],
    "gpt-5.6-sol": ["none", ...five],
    "gpt-6-astra": five,
    "gpt-6-luna": ["none", ...five],
    "gpt-6.1-sol": five,
    "gpt-6.1-terra": ["none", ...five]
  },
  google: {
    "gemini-2.0-flash": [],
    "gemini-2.5-flash": ["minimal", "low", "medium", "high"],
    "gemini-2.5-pro": ["low", "medium", "high"],
    "gemini-3-pro-preview": ["low", "high"],
    "gemini-3.1-flash-lite": ["minimal", "low", "medium", "high"],
    "gemini-3.1-pro-preview": ["low", "medium", "high"],
    "gemini-3.5-flash": ["minimal", "low", "medium", "high"],
    "gemini-3.7-flash": ["low", "medium", "high"],
    "gemini-4-hydrogen": ["low", "medium", "high", "xhigh"]
  },
  anthropic: {
    "claude-3-5-haiku-20241022": [],
    "claude-3-7-sonnet-latest": [],
    "claude-opus-4-1-20250805": [],
    "claude-sonnet-4-5": [],
    "claude-haiku-4-5-20251001": [],
    "claude-opus-4-5": ["low", "medium", "high"],
    "claude-opus-4-6": ["low", "medium", "high", "max"],
    "claude-sonnet-4-6": ["low", "medium", "high", "max"],
    "claude-opus-4-7": five,
    "claude-sonnet-5": five,
    "claude-opus-5": five,
    "claude-fable-5": five,
    "claude-fable-5-2": five,
    "claude-opus-5-5": five,
    "claude-sonnet-5-5": five,
    "claude-haiku-5-5": five
  }
}

/** Models that always think, of which those without `forced` take no forced tool either. */
const alwaysThinking: { readonly [model: string]: "forced" | "free" } = {
  "claude-fable-5": "forced",
  "claude-fable-5-2": "free",
  "claude-opus-5-5": "free",
  "claude-sonnet-5-5": "free"
}

/** Every schema in a schema, itself included. */
const schemasIn = (schema: Json.Json): ReadonlyArray<JsonObject> => {
  if (Json.isArray(schema)) return schema.flatMap(schemasIn)
  if (!Json.isObject(schema)) return []
  const maps = ["properties", "$defs", "definitions"].flatMap((name) => Object.values(Json.object(schema, name) ?? {}))
  const lists = ["anyOf", "oneOf", "allOf", "items"].flatMap((name) => schema[name] ?? [])
  return [schema, ...[...maps, ...lists].flatMap(schemasIn)]
}

const isObjectSchema = (schema: JsonObject): boolean => schema["type"] === "object"

/** Why a function's parameters would be refused. */
const parameterFaults = (schema: JsonObject | undefined): ReadonlyArray<string> => [
  ...(schema === undefined || schema["type"] !== "object" ? ["parameters are no object"] : []),
  ...(["anyOf", "oneOf", "allOf"].some((name) => schema !== undefined && Json.isGiven(schema, name))
    ? ["parameters have a choice at the root"]
    : [])
]

const bounds = ["minimum", "maximum", "multipleOf", "minLength", "maxLength", "maxItems", "pattern", "oneOf"]

/** The names of what is so. */
const found = (faults: { readonly [fault: string]: boolean }): ReadonlyArray<string> =>
  Object.keys(faults).filter((fault) => faults[fault])

const claudeSchemaFaults = (root: JsonObject): ReadonlyArray<string> =>
  schemasIn(root).flatMap((schema) =>
    found({
      "an object is open": isObjectSchema(schema) && schema["additionalProperties"] !== false,
      "a value is bounded": bounds.some((name) => Json.isGiven(schema, name)),
      "it is recursive": Json.string(schema, "$ref")?.includes("node") === true
    })
  )

const openAIStrictFaults = (root: JsonObject): ReadonlyArray<string> =>
  schemasIn(root).flatMap((schema) => {
    const required = Json.array(schema, "required") ?? []
    return found({
      "an object is open": isObjectSchema(schema) && schema["additionalProperties"] !== false,
      "a property is optional": isObjectSchema(schema) &&
        Object.keys(Json.object(schema, "properties") ?? {}).some((name) => !required.includes(name)),
      "a keyword is unknown": ["oneOf", "allOf", "minLength", "maxLength"].some((name) => Json.isGiven(schema, name))
    })
  })

const anthropicFaults = (sent: JsonObject): ReadonlyArray<string> => {
  const model = Json.string(sent, "model") ?? ""
  const turns = Json.objects(sent, "messages")
  const texts = [
    ...turns.flatMap((turn) => Json.objects(turn, "content")).map((block) => Json.string(block, "text")),
    Json.string(sent, "system")
  ]
  const config = Json.object(sent, "output_config") ?? {}
  const effort = Json.string(config, "effort")
  const choice = Json.string(Json.object(sent, "tool_choice") ?? {}, "type")
  const isForced = choice === "any" || choice === "tool"
  const thinking = Json.string(Json.object(sent, "thinking") ?? {}, "type")
  const isNew =
    Json.array(Json.object({ levels: efforts.anthropic }, "levels") ?? {}, model)?.includes("xhigh") === true
  const tools = Json.objects(sent, "tools").filter((tool) => Json.isGiven(tool, "input_schema"))
  const isBegun = turns.at(-1)?.["role"] === "assistant"
  const schema = Json.object(Json.object(config, "format") ?? {}, "schema")
  return [
    ...(turns.length === 0 ? ["there are no messages"] : []),
    ...(turns.some((turn) => Json.objects(turn, "content").length === 0) ? ["a message is empty"] : []),
    ...(texts.some((text) => text !== undefined && text.trim() === "") ? ["a text is blank"] : []),
    ...(isBegun && (isNew || model.includes("4-6")) ? ["an answer is begun"] : []),
    ...((Json.number(sent, "temperature") ?? 0) > 1 ? ["the temperature is above 1"] : []),
    ...(isNew && ["temperature", "top_p", "top_k"].some((name) => Json.isGiven(sent, name)) ? ["it is sampled"] : []),
    ...(effort !== undefined && efforts.anthropic[model]?.includes(effort) !== true ? [`effort ${effort}`] : []),
    ...(thinking === "disabled" && Object.hasOwn(alwaysThinking, model) ? ["thinking cannot be disabled"] : []),
    ...(thinking === "between_tools" && model !== "claude-sonnet-5-5" ? ["no between_tools here"] : []),
    ...(thinking === "adaptive" && !isNew && !model.includes("4-6") ? ["no adaptive thinking here"] : []),
    ...(thinking === "adaptive" && isForced ? ["a tool is forced while it thinks"] : []),
    ...(isForced && alwaysThinking[model] === "free" ? ["no tool can be forced"] : []),
    ...(choice !== undefined && Json.objects(sent, "tools").length === 0 ? ["a choice without tools"] : []),
    ...tools.flatMap((tool) => parameterFaults(Json.object(tool, "input_schema"))),
    ...tools.flatMap((tool) =>
      tool["strict"] === true ? claudeSchemaFaults(Json.object(tool, "input_schema") ?? {}) : []
    ),
    ...(schema === undefined ? [] : claudeSchemaFaults(schema)),
    ...turns.flatMap((turn) => Json.objects(turn, "content")).flatMap((block) => {
      const type = Json.string(Json.object(block, "source") ?? {}, "media_type")
      return type?.startsWith("image/") === true && !/^image\/(jpeg|png|gif|webp)$/.test(type) ? [`it is ${type}`] : []
    })
  ]
}

const openAIFaults = (sent: JsonObject): ReadonlyArray<string> => {
  const model = Json.string(sent, "model") ?? ""
  const isChat = Json.isGiven(sent, "messages")
  const known = efforts.openai[model] ?? []
  const effort = isChat
    ? Json.string(sent, "reasoning_effort")
    : Json.string(Json.object(sent, "reasoning") ?? {}, "effort")
  const isSampled = Json.isGiven(sent, "temperature") || Json.isGiven(sent, "top_p")
  const input = Json.array(sent, isChat ? "messages" : "input")
  const described = Json.objects(sent, "tools").filter((tool) => tool["type"] === "function").map((tool) =>
    Json.object(tool, "function") ?? tool
  )
  const format = Json.object(sent, "response_format") ?? Json.object(Json.object(sent, "text") ?? {}, "format") ?? {}
  const answer = Json.object(format, "json_schema") ?? format
  const schema = Json.object(answer, "schema")
  const isOlder = /^(gpt-5(\.[0-4])?(-|$)|o3|o4)/.test(model) && known.length > 0
  return [
    ...(input === undefined ? (Json.string(sent, "input") ?? "") === "" : input.length === 0)
      ? ["there is no input"]
      : [],
    ...(effort !== undefined && !known.includes(effort) ? [`effort ${effort}`] : []),
    ...(known.length === 0 && Json.isGiven(sent, "reasoning") ? ["it does not reason"] : []),
    ...(known.length > 0 && isSampled && effort !== "none" ? ["it is sampled"] : []),
    ...(known.length === 0 && Json.array(sent, "include")?.includes("reasoning.encrypted_content") === true
      ? ["it has no thoughts to encrypt"]
      : []),
    ...(Json.isGiven(sent, "tool_choice") && Json.objects(sent, "tools").length === 0
      ? ["a choice without tools"]
      : []),
    ...(!isChat && ["stop", "seed", "top_k"].some((name) => Json.isGiven(sent, name)) ? ["an unknown member"] : []),
    ...(isChat && isOlder && Json.isGiven(sent, "stop") ? ["it takes no stop"] : []),
    ...(isChat && /^gpt-(5\.6|6)/.test(model) && described.length > 0 && effort !== "none"
      ? ["functions in chat"]
      : []),
    ...described.flatMap((tool) => parameterFaults(Json.object(tool, "parameters"))),
    ...described.flatMap((tool) =>
      tool["strict"] === true ? openAIStrictFaults(Json.object(tool, "parameters") ?? {}) : []
    ),
    ...(schema !== undefined && schema["type"] !== "object" ? ["the answer is no object"] : []),
    ...(schema !== undefined && answer["strict"] === true ? openAIStrictFaults(schema) : []),
    ...(JSON.stringify(sent).includes("image/jpg") ? ["image/jpg"] : [])
  ]
}

const googleFaults = (sent: JsonObject): ReadonlyArray<string> => {
  const model = Json.string(sent, "model") ?? ""
  const config = Json.object(sent, "generation_config") ?? {}
  const level = Json.string(config, "thinking_level")
  const steps = Json.objects(sent, "input")
  const isNew = /^gemini-[3-9]/.test(model)
  return [
    ...(steps.length === 0 && (Json.string(sent, "input") ?? "") === "" ? ["there is no input"] : []),
    ...(steps.some((step) => Json.array(step, "content")?.length === 0) ? ["a step is empty"] : []),
    ...(steps.at(-1)?.["type"] === "model_output" ? ["an answer is begun"] : []),
    ...(level !== undefined && efforts.google[model]?.includes(level) !== true ? [`level ${level}`] : []),
    ...(isNew && (Json.isGiven(config, "temperature") || Json.isGiven(config, "top_p")) ? ["it is sampled"] : []),
    ...(Json.isGiven(config, "tool_choice") && Json.objects(sent, "tools").length === 0
      ? ["a choice without tools"]
      : []),
    ...Json.objects(sent, "tools").filter((tool) => tool["type"] === "function").flatMap((tool) =>
      parameterFaults(Json.object(tool, "parameters"))
    ),
    ...(JSON.stringify(sent).includes("image/jpg") ? ["image/jpg"] : [])
  ]
}

const faultsOf = { openai: openAIFaults, google: googleFaults, anthropic: anthropicFaults }

const node = { type: "object", properties: { next: { $ref: "#/$defs/node" } }, required: ["next"] }

/** Schemas as callers write them. */
const schemas: ReadonlyArray<JsonObject> = [
  {},
  { type: "object" },
  { type: "object", properties: { a: { type: "string" }, b: { type: "integer", minimum: 1 } }, required: ["a"] },
  { type: "object", properties: { a: { type: "string", maxLength: 9 } }, required: ["a"], additionalProperties: false },
  { type: "object", properties: { a: { oneOf: [{ type: "string" }, { type: "null" }] } }, required: ["a"] },
  { type: "object", additionalProperties: { type: "number" } },
  { $ref: "#/$defs/node", $defs: { node } },
  { type: "object", properties: { first: { $ref: "#/$defs/node" } }, required: ["first"], $defs: { node } },
  {
    anyOf: [
      { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
      { type: "object", properties: { a: { type: "number" }, b: { type: "string" } }, required: ["a", "b"] }
    ]
  },
  { type: "object", properties: { list: { type: "array", items: { type: "object", properties: {} }, maxItems: 3 } } }
]

const turns = [
  [],
  [["user", ""]],
  [["system", "Be brief."]],
  [["user", "Hi"]],
  [["user", "Hi"], ["assistant", "Once "]],
  [["user", "Hi"], ["assistant", " "], ["user", "Go on."]],
  [["system", "Be brief."], ["user", " "]],
  [["assistant", "Welcome."], ["user", "Hi"]]
] as const

const Wish = Schema.Struct({
  turns: Schema.Literals([0, 1, 2, 3, 4, 5, 6, 7]),
  effort: Schema.optionalKey(Schema.Literals(["none", "minimal", "low", "medium", "high", "xhigh", "max"])),
  temperature: Schema.optionalKey(Schema.Literals([0, 0.5, 1, 1.5, 2])),
  top_p: Schema.optionalKey(Schema.Literals([0.5, 1])),
  stop: Schema.optionalKey(Schema.Literals(["END", "\n"])),
  seed: Schema.optionalKey(Schema.Literal(7)),
  schema: Schema.optionalKey(Schema.Literals([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])),
  tool: Schema.optionalKey(Schema.Literals([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])),
  strict: Schema.Boolean,
  choice: Schema.optionalKey(Schema.Literals(["auto", "forced", "any"])),
  image: Schema.optionalKey(Schema.Literals(["image/jpg", "image/png", "IMAGE/JPEG"]))
})
type Wish = typeof Wish.Type

const data = (type: string) => `data:${type};base64,AAAA`

/** The same wish in the words of each surface. */
const say: { readonly [surface in DialectName]: (wish: Wish, model: string) => JsonObject } = {
  responses: (wish, model) => ({
    model,
    input: [
      ...turns[wish.turns].map(([role, content]) => ({ role, content })),
      ...(wish.image === undefined
        ? []
        : [{ role: "user", content: [{ type: "input_image", image_url: data(wish.image) }] }])
    ],
    ...common(wish),
    ...(wish.effort === undefined ? {} : { reasoning: { effort: wish.effort } }),
    ...(wish.tool === undefined
      ? {}
      : { tools: [{ type: "function", name: "f", parameters: schemas[wish.tool] ?? {}, strict: wish.strict }] }),
    ...(wish.choice === undefined
      ? {}
      : {
        tool_choice: wish.choice === "auto"
          ? "auto"
          : wish.choice === "any"
          ? "required"
          : { type: "function", name: "f" }
      }),
    ...(wish.schema === undefined
      ? {}
      : {
        text: { format: { type: "json_schema", name: "n", schema: schemas[wish.schema] ?? {}, strict: wish.strict } }
      })
  }),
  "chat.completions": (wish, model) => ({
    model,
    messages: [
      ...turns[wish.turns].map(([role, content]) => ({ role, content })),
      ...(wish.image === undefined
        ? []
        : [{ role: "user", content: [{ type: "image_url", image_url: data(wish.image) }] }])
    ],
    ...common(wish),
    ...(wish.stop === undefined ? {} : { stop: wish.stop }),
    ...(wish.seed === undefined ? {} : { seed: wish.seed }),
    ...(wish.effort === undefined ? {} : { reasoning_effort: wish.effort }),
    ...(wish.tool === undefined
      ? {}
      : { tools: [{ function: { name: "f", parameters: schemas[wish.tool] ?? {}, strict: wish.strict } }] }),
    ...(wish.choice === undefined
      ? {}
      : {
        tool_choice: wish.choice === "auto"
          ? "auto"
          : wish.choice === "any"
          ? "required"
          : { type: "function", function: { name: "f" } }
      }),
    ...(wish.schema === undefined
      ? {}
      : {
        response_format: {
          type: "json_schema",
          json_schema: { name: "n", schema: schemas[wish.schema] ?? {}, strict: wish.strict }
        }
      })
  }),
  interactions: (wish, model) => ({
    model,
    system_instruction: turns[wish.turns].flatMap(([role, text]) => role === "system" ? [text] : []).join(""),
    input: [
      ...turns[wish.turns].flatMap(([role, text]) =>
        role === "system"
          ? []
          : [{ type: role === "user" ? "user_input" : "model_output", content: [{ type: "text", text }] }]
      ),
      ...(wish.image === undefined
        ? []
        : [{ type: "user_input", content: [{ type: "image", data: "AAAA", mime_type: wish.image }] }])
    ],
    generation_config: {
      ...common(wish),
      ...(wish.stop === undefined ? {} : { stop_sequences: [wish.stop] }),
      ...(wish.seed === undefined ? {} : { seed: wish.seed }),
      ...(wish.effort === undefined ? {} : { thinking_level: wish.effort, thinking_summaries: "auto" }),
      ...(wish.choice === undefined
        ? {}
        : { tool_choice: wish.choice === "forced" ? { allowed_tools: { mode: "any", tools: ["f"] } } : wish.choice })
    },
    ...(wish.tool === undefined ? {} : { tools: [{ name: "f", parameters: schemas[wish.tool] ?? {} }] }),
    ...(wish.schema === undefined
      ? {}
      : { response_format: { type: "text", mime_type: "application/json", schema: schemas[wish.schema] ?? {} } })
  }),
  messages: (wish, model) => ({
    model,
    max_tokens: 1000,
    system: turns[wish.turns].flatMap(([role, text]) => role === "system" ? [text] : []).join(""),
    messages: [
      ...turns[wish.turns].flatMap(([role, content]) => role === "system" ? [] : [{ role, content }]),
      ...(wish.image === undefined
        ? []
        : [{
          role: "user",
          content: [{ type: "image", source: { type: "base64", media_type: wish.image, data: "AAAA" } }]
        }])
    ],
    ...common(wish),
    ...(wish.stop === undefined ? {} : { stop_sequences: [wish.stop] }),
    ...(wish.effort === undefined
      ? {}
      : wish.effort === "none"
      ? { thinking: { type: "disabled" } }
      : { thinking: { type: "adaptive" }, output_config: { effort: wish.effort } }),
    ...(wish.tool === undefined
      ? {}
      : { tools: [{ name: "f", input_schema: schemas[wish.tool] ?? {}, strict: wish.strict }] }),
    ...(wish.choice === undefined
      ? {}
      : { tool_choice: wish.choice === "forced" ? { type: "tool", name: "f" } : { type: wish.choice } }),
    ...(wish.schema === undefined
      ? {}
      : {
        output_config: {
          ...(wish.effort === undefined || wish.effort === "none" ? {} : { effort: wish.effort }),
          format: { type: "json_schema", schema: schemas[wish.schema] ?? {} }
        }
      })
  })
}

const common = ({ temperature, top_p }: Wish): JsonObject => ({
  ...(temperature === undefined ? {} : { temperature }),
  ...(top_p === undefined ? {} : { top_p })
})

const surfaces = ["responses", "chat.completions", "interactions", "messages"] as const
const providerNames = ["openai", "google", "anthropic"] as const
const foreign = surfaces.flatMap((surface) =>
  providerNames.filter((provider) => !providers[provider].dialects.includes(surface)).map((provider) => ({
    surface,
    provider
  }))
)

describe("a translated request", () => {
  for (const { provider, surface } of foreign) {
    it.prop(
      `from ${surface} is nothing that ${provider} is known to refuse, or is refused with the field's name`,
      { wish: Wish, model: Schema.Literals(Object.keys(efforts[provider])) },
      ({ model, wish }) => {
        const request = say[surface](wish, model)
        const encoded = encode(surface, provider, request)
        if (Result.isFailure(encoded)) {
          assert.strictEqual(encoded.failure.code, "untranslatable_field")
          const [, top = ""] = /^(\w+)/.exec(encoded.failure.param ?? "") ?? []
          assert.property(request, top)
          return
        }
        const sent = sentOf(encoded.success)
        assert.deepStrictEqual(faultsOf[provider](sent), [], JSON.stringify({ request, sent }))
      },
      { arbitrary: { runs: 400 } }
    )
  }

  it.each(
    providerNames.flatMap((provider) => Object.keys(efforts[provider]).map((model) => ({ provider, model })))
  )("asks $model for a level that it has, whichever is wished for", ({ model, provider }) => {
    const surface = provider === "anthropic" ? "interactions" : "messages"
    for (const effort of ["minimal", "low", "medium", "high", "xhigh", "max"] as const) {
      const encoded = encode(surface, provider, say[surface]({ turns: 3, strict: false, effort }, model))
      assert.deepStrictEqual(faultsOf[provider](sentOf(Result.getOrThrow(encoded))), [])
    }
  })
})
