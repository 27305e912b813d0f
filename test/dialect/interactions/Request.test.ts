import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { Interactions } from "../../../src/dialect/interactions/index.ts"
import * as ForeignSignature from "../../../src/dialect/ForeignSignature.ts"
import * as Json from "../../../src/wire/Json.ts"
import type { JsonObject } from "../../../src/wire/Json.ts"

const translation = Interactions.translation ?? assert.fail("Interactions must translate")

const toGoogle = (request: JsonObject): JsonObject => Result.getOrThrow(translation.requestFromResponses(request))
const fromGoogle = (request: JsonObject): JsonObject => Result.getOrThrow(translation.requestToResponses(request))

const tagged = (provider: "openai" | "google" | "anthropic", home: "openai" | "google", id = "") =>
  ForeignSignature.encode({ provider, id, value: `${provider}-secret` }, home)

const user = (...content: ReadonlyArray<JsonObject>): JsonObject => ({ role: "user", content })
const text = (text: string): JsonObject => ({ type: "text", text })

describe("a request from Responses to Interactions", () => {
  const to = (request: JsonObject): JsonObject => {
    const { model: _, store: __, ...rest } = toGoogle({ model: "gemini-2.5-flash", ...request })
    return rest
  }

  it.each<{ name: string; request: JsonObject; expected: JsonObject }>([
    { name: "a bare prompt", request: { input: "Hi" }, expected: { input: "Hi" } },
    {
      name: "instructions and system messages, in their order",
      request: {
        instructions: "A",
        input: [
          { role: "system", content: "B" },
          user({ type: "input_text", text: "Hi" }),
          { type: "message", role: "developer", content: [{ type: "input_text", text: "C" }] }
        ]
      },
      expected: { system_instruction: "A\n\nB\n\nC", input: [{ type: "user_input", content: [text("Hi")] }] }
    },
    {
      name: "turns, a call and its result",
      request: {
        input: [
          { role: "user", content: "Weather?" },
          {
            type: "message",
            id: "msg_1",
            role: "assistant",
            content: [{ type: "output_text", text: "Let me see.", annotations: [] }]
          },
          { type: "web_search_call", id: "ws_1", status: "completed" },
          { type: "function_call", id: "fc_1", call_id: "c1", name: "f", arguments: "{\"a\": 1}" },
          { type: "function_call", call_id: "c2", name: "g", arguments: "" },
          { type: "function_call_output", call_id: "c1", output: "27", status: "incomplete" },
          {
            type: "function_call_output",
            call_id: "c2",
            output: [{ type: "input_text", text: "t" }, {
              type: "input_image",
              image_url: "data:image/png;base64,AA=="
            }]
          }
        ]
      },
      expected: {
        input: [
          { type: "user_input", content: [text("Weather?")] },
          { type: "model_output", content: [text("Let me see.")] },
          { type: "function_call", id: "c1", name: "f", arguments: { a: 1 } },
          { type: "function_call", id: "c2", name: "g", arguments: {} },
          { type: "function_result", call_id: "c1", name: "f", is_error: true, result: "27" },
          {
            type: "function_result",
            call_id: "c2",
            name: "g",
            result: [text("t"), { type: "image", mime_type: "image/png", data: "AA==" }]
          }
        ]
      }
    },
    {
      name: "reasoning and signatures of Google's own, and nobody else's",
      request: {
        input: [
          {
            type: "reasoning",
            id: "rs_1",
            summary: [{ type: "summary_text", text: "Hm" }],
            encrypted_content: tagged("google", "openai")
          },
          { type: "reasoning", id: "rs_2", summary: [], encrypted_content: "openai-secret" },
          { type: "reasoning", id: "rs_3", summary: [], encrypted_content: tagged("anthropic", "openai") },
          { type: "reasoning", id: "rs_4", summary: [] },
          {
            type: "function_call",
            call_id: "c",
            name: "f",
            arguments: "{}",
            signature: tagged("google", "openai")
          }
        ]
      },
      expected: {
        input: [
          { type: "thought", signature: "google-secret", summary: [text("Hm")] },
          { type: "function_call", id: "c", name: "f", arguments: {}, signature: "google-secret" }
        ]
      }
    },
    {
      name: "images and documents, inline and by address",
      request: {
        input: [user(
          { type: "input_image", image_url: "https://e.org/a.JPG?x=1", detail: "high" },
          { type: "input_image", image_url: "data:image/webp;base64,AA==", detail: "auto" },
          { type: "input_file", filename: "b.pdf", file_data: "data:application/pdf;base64,AA==" },
          { type: "input_file", filename: "c.csv", file_data: "AA==" },
          { type: "input_file", file_url: "https://e.org/d" }
        )]
      },
      expected: {
        input: [{
          type: "user_input",
          content: [
            { type: "image", uri: "https://e.org/a.JPG?x=1", mime_type: "image/jpeg", resolution: "high" },
            { type: "image", mime_type: "image/webp", data: "AA==" },
            { type: "document", mime_type: "application/pdf", data: "AA==" },
            { type: "document", data: "AA==", mime_type: "text/csv" },
            { type: "document", uri: "https://e.org/d" }
          ]
        }]
      }
    },
    {
      name: "functions and search",
      request: {
        input: "x",
        tools: [
          { type: "function", name: "f", description: "d", parameters: { type: "object" }, strict: true },
          { type: "web_search", search_context_size: "low", filters: null, user_location: null }
        ],
        tool_choice: "required",
        parallel_tool_calls: true
      },
      expected: {
        input: "x",
        tools: [
          { type: "function", name: "f", description: "d", parameters: { type: "object", properties: {} } },
          { type: "google_search" }
        ],
        generation_config: { tool_choice: "any" }
      }
    },
    {
      name: "one function to use",
      request: { input: "x", tool_choice: { type: "function", name: "f" } },
      expected: { input: "x", generation_config: { tool_choice: { allowed_tools: { mode: "any", tools: ["f"] } } } }
    },
    {
      name: "functions to choose from",
      request: {
        input: "x",
        tool_choice: { type: "allowed_tools", mode: "auto", tools: [{ type: "function", name: "f" }] }
      },
      expected: { input: "x", generation_config: { tool_choice: { allowed_tools: { mode: "auto", tools: ["f"] } } } }
    },
    {
      name: "a schema for the answer",
      request: {
        input: "x",
        text: { format: { type: "json_schema", name: "n", schema: { type: "object" }, strict: true }, verbosity: "low" }
      },
      expected: {
        input: "x",
        response_format: { type: "text", mime_type: "application/json", schema: { type: "object" } }
      }
    },
    {
      name: "JSON without a schema",
      request: { input: "x", text: { format: { type: "json_object" } } },
      expected: { input: "x", response_format: { type: "text", mime_type: "application/json" } }
    },
    {
      name: "settings of the generation, and the hub's own stop and seed",
      request: {
        input: "x",
        max_output_tokens: 5,
        temperature: 0,
        top_p: 0.5,
        stop: "END",
        seed: 7,
        reasoning: { effort: "xhigh", summary: "detailed" }
      },
      expected: {
        input: "x",
        generation_config: {
          max_output_tokens: 5,
          temperature: 0,
          top_p: 0.5,
          stop_sequences: ["END"],
          seed: 7,
          thinking_level: "high",
          thinking_summaries: "auto"
        }
      }
    },
    {
      name: "sampling that Gemini 3 is advised against",
      request: { model: "gemini-3-flash-preview", input: "x", temperature: 1, top_p: 1 },
      expected: { input: "x" }
    },
    {
      name: "thinking switched off, as little as the model can",
      request: { model: "gemini-3.1-pro-preview", input: "x", reasoning: { effort: "none" } },
      expected: { input: "x", generation_config: { thinking_level: "low" } }
    },
    {
      name: "metadata that fits into labels",
      request: { input: "x", metadata: { team: "a-1", Team: "a", note: "Not a label" }, stream: true },
      expected: { input: "x", labels: { team: "a-1" }, stream: true }
    },
    {
      name: "the tier in Google's word",
      request: { input: "x", service_tier: "default" },
      expected: { input: "x", service_tier: "standard" }
    },
    {
      name: "what only bears on OpenAI",
      request: {
        input: "x",
        prompt_cache_key: "k",
        safety_identifier: "s",
        truncation: "auto",
        user: "u",
        background: false,
        conversation: null,
        include: ["reasoning.encrypted_content"]
      },
      expected: { input: "x" }
    }
  ])("carries or leaves out $name", ({ expected, request }) => {
    assert.deepStrictEqual(to(request), expected)
  })

  it.each<[field: string, request: JsonObject]>([
    ["conversation", { conversation: "conv_1" }],
    ["prompt", { prompt: { id: "pmpt_1" } }],
    ["background", { background: true }],
    ["top_logprobs", { top_logprobs: 2 }],
    ["include[1]", { include: ["reasoning.encrypted_content", "message.output_text.logprobs"] }],
    ["previous_response_id", { previous_response_id: "resp_0abc" }],
    ["service_tier", { service_tier: "ultrafast" }],
    ["tools[1].type", { tools: [{ type: "function", name: "f" }, { type: "code_interpreter" }] }],
    ["tools[0].type", { tools: [{ type: "custom", name: "f" }] }],
    ["tools[0].filters", { tools: [{ type: "web_search", filters: { allowed_domains: ["e.org"] } }] }],
    ["tools[0].user_location", {
      tools: [{ type: "web_search", user_location: { type: "approximate", city: "Bern" } }]
    }],
    ["tool_choice.type", { tool_choice: { type: "web_search" } }],
    ["tool_choice", { tool_choice: "sometimes" }],
    ["text.format.type", { text: { format: { type: "grammar" } } }],
    ["input[1].type", { input: [{ role: "user", content: "x" }, { type: "item_reference", id: "msg_1" }] }],
    ["input[0].type", { input: [{ type: "custom_tool_call", call_id: "c", name: "f", input: "x" }] }],
    ["input[0].arguments", { input: [{ type: "function_call", call_id: "c", name: "f", arguments: "{\"a\":" }] }],
    ["input[0].arguments", { input: [{ type: "function_call", call_id: "c", name: "f", arguments: "[1]" }] }],
    [
      "input[0].content[1].input_audio.format",
      { input: [user({ type: "input_text", text: "x" }, { type: "input_audio" })] }
    ],
    ["input[0].content[0].file_id", { input: [user({ type: "input_image", file_id: "file-1" })] }],
    ["input[0].content[0].file_id", { input: [user({ type: "input_file", file_id: "file-1" })] }],
    ["input[0].content[0].image_url", {
      input: [user({ type: "input_image", image_url: "data:image/svg+xml,<svg/>" })]
    }],
    ["input[0].content[0].type", {
      input: [{ role: "system", content: [{ type: "input_image", image_url: "https://e.org/a.png" }] }]
    }],
    ["input[0].output[0].type", { input: [{ type: "function_call_output", call_id: "c", output: [{ type: "x" }] }] }]
  ])("is refused by the caller's %s where Gemini cannot do what it says", (field, request) => {
    const refused = translation.requestFromResponses({ model: "gemini-2.5-flash", input: "x", ...request })
    assert.isTrue(Result.isFailure(refused))
    if (Result.isFailure(refused)) {
      assert.strictEqual(refused.failure.field, field)
      assert.include(refused.failure.message, field)
    }
  })

  it("stores nothing unless the caller says so, or continues what is stored", () => {
    const store = (request: JsonObject) => toGoogle({ model: "m", input: "x", ...request })
    assert.strictEqual(store({})["store"], false)
    assert.strictEqual(store({ store: true })["store"], true)
    const continued = store({ previous_response_id: "resp_google_v1_abc" })
    assert.strictEqual(continued["previous_interaction_id"], "v1_abc")
    assert.isFalse(Object.hasOwn(continued, "store"))
  })

  it("continues by the very id that an answer went out with", () => {
    const response = translation.bodyToResponses({ id: "v1_abc", status: "completed" }, {
      id: "seed",
      createdAt: 0,
      model: "m",
      request: {}
    })
    const next = toGoogle({ model: "m", input: "x", previous_response_id: response["id"] ?? null })
    assert.strictEqual(next["previous_interaction_id"], "v1_abc")
  })
})

describe("a request from Interactions to Responses", () => {
  const to = (request: JsonObject): JsonObject => {
    const { model: _, ...rest } = fromGoogle({ model: "gpt-5.5", ...request })
    return rest
  }
  const message = (...content: ReadonlyArray<JsonObject>): JsonObject => ({ type: "message", role: "user", content })
  const inputText = (text: string): JsonObject => ({ type: "input_text", text })

  it.each<{ name: string; request: JsonObject; expected: JsonObject }>([
    { name: "a bare prompt", request: { input: "Hi" }, expected: { input: "Hi" } },
    { name: "one piece of content", request: { input: text("Hi") }, expected: { input: [message(inputText("Hi"))] } },
    {
      name: "several pieces of content as one turn",
      request: {
        input: [
          text("See"),
          { type: "image", data: "AA==", mime_type: "image/png", resolution: "low" },
          { type: "image", uri: "https://e.org/a.png" },
          { type: "document", data: "AA==", mime_type: "application/pdf" }
        ]
      },
      expected: {
        input: [message(
          inputText("See"),
          { type: "input_image", image_url: "data:image/png;base64,AA==", detail: "low" },
          { type: "input_image", image_url: "https://e.org/a.png", detail: "auto" },
          { type: "input_file", filename: "document.pdf", file_data: "data:application/pdf;base64,AA==" }
        )]
      }
    },
    {
      name: "steps, with results on their own and inside a turn of the user",
      request: {
        input: [
          { type: "user_input", content: [text("Weather?")] },
          { type: "thought", signature: "google's own" },
          { type: "google_search_call", id: "s", arguments: { queries: ["q"] } },
          { type: "google_search_result", call_id: "s", result: [] },
          { type: "model_output", content: [text("Let me see.")] },
          { type: "function_call", id: "c1", name: "f", arguments: { a: 1 }, signature: "google's own" },
          { type: "function_call", id: "c2", name: "g", arguments: {} },
          { type: "function_result", call_id: "c1", name: "f", is_error: true, result: { sunny: true } },
          {
            type: "user_input",
            content: [
              { type: "function_result", call_id: "c2", name: "g", result: [text("27")] },
              text("And tomorrow?")
            ]
          }
        ]
      },
      expected: {
        input: [
          message(inputText("Weather?")),
          { type: "message", role: "assistant", content: [{ type: "output_text", text: "Let me see." }] },
          { type: "function_call", call_id: "c1", name: "f", arguments: "{\"a\":1}" },
          { type: "function_call", call_id: "c2", name: "g", arguments: "{}" },
          { type: "function_call_output", call_id: "c1", output: "{\"sunny\":true}", status: "incomplete" },
          { type: "function_call_output", call_id: "c2", output: [inputText("27")] },
          message(inputText("And tomorrow?"))
        ]
      }
    },
    {
      name: "calls and results without ids, matched by name in their order",
      request: {
        input: [
          { type: "function_call", name: "f", arguments: { n: 1 } },
          { type: "function_call", name: "g", arguments: {} },
          { type: "function_call", name: "f", arguments: { n: 2 } },
          { type: "function_result", name: "f", result: "1" },
          { type: "function_result", name: "f", result: "2" },
          { type: "function_result", name: "g", result: "3" }
        ]
      },
      expected: {
        input: [
          { type: "function_call", call_id: "call_0", name: "f", arguments: "{\"n\":1}" },
          { type: "function_call", call_id: "call_1", name: "g", arguments: "{}" },
          { type: "function_call", call_id: "call_2", name: "f", arguments: "{\"n\":2}" },
          { type: "function_call_output", call_id: "call_0", output: "1" },
          { type: "function_call_output", call_id: "call_2", output: "2" },
          { type: "function_call_output", call_id: "call_1", output: "3" }
        ]
      }
    },
    {
      name: "reasoning that OpenAI gave out through this dialect",
      request: {
        input: [{ type: "thought", signature: tagged("openai", "google", "rs_1"), summary: [text("Hm")] }]
      },
      expected: {
        input: [{
          type: "reasoning",
          id: "rs_1",
          summary: [{ type: "summary_text", text: "Hm" }],
          encrypted_content: "openai-secret"
        }]
      }
    },
    {
      name: "instructions in parts",
      request: { input: "x", system_instruction: [text("A"), text("B")] },
      expected: { input: "x", instructions: "A\n\nB" }
    },
    {
      name: "thinking, whose traces are asked back so that the caller can return them",
      request: { input: "x", generation_config: { thinking_level: "high", thinking_summaries: "auto" } },
      expected: {
        input: "x",
        reasoning: { effort: "high", summary: "auto" },
        include: ["reasoning.encrypted_content"]
      }
    },
    {
      name: "as little thinking as can be",
      request: { input: "x", generation_config: { thinking_level: "minimal", thinking_summaries: "none" } },
      expected: { input: "x", reasoning: { effort: "minimal" } }
    },
    {
      name: "tools and the choice among them",
      request: {
        input: "x",
        tools: [{ type: "function", name: "f", parameters: { type: "object" } }, { type: "google_search" }],
        generation_config: { tool_choice: { allowed_tools: { mode: "any", tools: ["f", "g"] } } }
      },
      expected: {
        input: "x",
        tools: [
          { type: "function", name: "f", parameters: { type: "object" }, strict: false },
          { type: "web_search" }
        ],
        tool_choice: {
          type: "allowed_tools",
          mode: "required",
          tools: [{ type: "function", name: "f" }, { type: "function", name: "g" }]
        }
      }
    },
    {
      name: "a schema in a format",
      request: {
        input: "x",
        response_format: { type: "text", mime_type: "application/json", schema: { type: "object" } }
      },
      expected: {
        input: "x",
        text: { format: { type: "json_schema", name: "response", schema: { type: "object" }, strict: false } }
      }
    },
    {
      name: "a bare schema",
      request: {
        input: "x",
        response_format: { type: "object", properties: {} },
        response_mime_type: "application/json"
      },
      expected: {
        input: "x",
        text: {
          format: { type: "json_schema", name: "response", schema: { type: "object", properties: {} }, strict: false }
        }
      }
    },
    {
      name: "a format in a list, without a schema",
      request: { input: "x", response_format: [{ type: "text", mime_type: "application/json" }] },
      expected: { input: "x", text: { format: { type: "json_object" } } }
    },
    {
      name: "plain text as the format",
      request: { input: "x", response_format: { type: "text", mime_type: "text/plain" } },
      expected: { input: "x" }
    },
    {
      name: "settings of the generation and of the call",
      request: {
        input: "x",
        store: false,
        stream: true,
        labels: { team: "a" },
        service_tier: "standard",
        previous_interaction_id: "resp_0abc",
        generation_config: { max_output_tokens: 5, temperature: 0.5, top_p: 1, seed: 3, stop_sequences: ["END"] }
      },
      expected: {
        input: "x",
        max_output_tokens: 5,
        temperature: 0.5,
        top_p: 1,
        stop: ["END"],
        seed: 3,
        previous_response_id: "resp_0abc",
        store: false,
        stream: true,
        service_tier: "default",
        metadata: { team: "a" }
      }
    }
  ])("carries or leaves out $name", ({ expected, request }) => {
    assert.deepStrictEqual(to(request), expected)
  })

  it.each([["any", "required"], ["auto", "auto"], ["none", "none"], ["validated", "auto"]])(
    "says %s as %s",
    (mode, choice) => {
      assert.strictEqual(to({ input: "x", generation_config: { tool_choice: mode } })["tool_choice"], choice)
    }
  )

  it.each<[field: string, request: JsonObject]>([
    ["agent", { agent: "deep-research" }],
    ["background", { background: true }],
    ["cached_content", { cached_content: "cachedContents/1" }],
    ["continuation_token", { continuation_token: "ct" }],
    ["response_modalities[1]", { response_modalities: ["TEXT", "IMAGE"] }],
    ["response_format.type", { response_format: { type: "audio" } }],
    ["response_format[1].type", { response_format: [{ type: "text" }, { type: "image" }] }],
    ["previous_interaction_id", { previous_interaction_id: "v1_abc" }],
    ["service_tier", { service_tier: "deferred" }],
    ["tools[1].type", { tools: [{ type: "google_search" }, { type: "google_maps" }] }],
    ["generation_config.tool_choice", { generation_config: { tool_choice: "sometimes" } }],
    ["input.mime_type", { input: { type: "audio", data: "AA==", mime_type: "audio/flac" } }],
    ["input[1].type", { input: [text("x"), { type: "video", uri: "https://e.org/v.mp4" }] }],
    ["input[0].uri", { input: [{ type: "image", uri: "gs://bucket/a.png" }] }],
    ["input[0].type", { input: [{ type: "code_execution_call", id: "c" }] }],
    ["input[0].content[0].type", { input: [{ type: "user_input", content: [{ type: "audio", uri: "gs://a/b" }] }] }],
    ["input[0].content[0].type", { input: [{ type: "model_output", content: [{ type: "image", data: "AA==" }] }] }],
    ["system_instruction[0]", { system_instruction: [{ type: "image", data: "AA==" }] }]
  ])("is refused by the caller's %s where another model cannot do what it says", (field, request) => {
    const refused = translation.requestToResponses({ model: "gpt-5.5", input: "x", ...request })
    assert.isTrue(Result.isFailure(refused))
    if (Result.isFailure(refused)) {
      assert.strictEqual(refused.failure.field, field)
      assert.include(refused.failure.message, field)
    }
  })
})

const Name = Schema.Literals(["f", "g", "h"])
const Content = Schema.Union([
  Schema.Struct({ type: Schema.Literal("text"), text: Schema.NonEmptyString }),
  Schema.Struct({
    type: Schema.Literal("image"),
    data: Schema.Literals(["AA==", "BB=="]),
    mime_type: Schema.Literals(["image/png", "image/webp"])
  }),
  Schema.Struct({
    type: Schema.Literal("image"),
    uri: Schema.Literal("https://e.org/a.png"),
    mime_type: Schema.Literal("image/png")
  })
])
const Turn = Schema.Union([
  Schema.Struct({ type: Schema.Literal("user_input"), content: Schema.NonEmptyArray(Content) }),
  Schema.Struct({
    type: Schema.Literal("model_output"),
    content: Schema.NonEmptyArray(Schema.Struct({ type: Schema.Literal("text"), text: Schema.NonEmptyString }))
  }),
  Schema.Struct({
    type: Schema.Literal("function_call"),
    id: Schema.Literals(["c1", "c2"]),
    name: Name,
    arguments: Schema.Struct({ a: Schema.String, n: Schema.Literals([0, 1.5]) })
  })
])
/** What both formats can say. */
const Common = Schema.Struct({
  model: Schema.Literal("gemini-2.5-flash"),
  input: Schema.Union([Schema.String, Schema.NonEmptyArray(Turn)]),
  store: Schema.Boolean,
  system_instruction: Schema.optionalKey(Schema.NonEmptyString),
  stream: Schema.optionalKey(Schema.Boolean),
  service_tier: Schema.optionalKey(Schema.Literals(["flex", "standard", "priority"])),
  previous_interaction_id: Schema.optionalKey(Schema.Literal("resp_google_v1_a")),
  tools: Schema.optionalKey(Schema.NonEmptyArray(Schema.Union([
    Schema.Struct({
      type: Schema.Literal("function"),
      name: Name,
      description: Schema.String,
      parameters: Schema.Struct({ type: Schema.Literal("object"), properties: Schema.Struct({}) })
    }),
    Schema.Struct({ type: Schema.Literal("google_search") })
  ]))),
  response_format: Schema.optionalKey(Schema.Union([
    Schema.Struct({ type: Schema.Literal("text"), mime_type: Schema.Literal("application/json") }),
    Schema.Struct({
      type: Schema.Literal("text"),
      mime_type: Schema.Literal("application/json"),
      schema: Schema.Struct({ type: Schema.Literals(["object", "array"]) })
    })
  ])),
  generation_config: Schema.optionalKey(Schema.Struct({
    max_output_tokens: Schema.Literals([1, 4096]),
    temperature: Schema.optionalKey(Schema.Literals([0, 1])),
    top_p: Schema.optionalKey(Schema.Literals([0.5])),
    seed: Schema.optionalKey(Schema.Int),
    stop_sequences: Schema.optionalKey(Schema.NonEmptyArray(Schema.String)),
    thinking_level: Schema.optionalKey(Schema.Literals(["minimal", "low", "medium", "high"])),
    thinking_summaries: Schema.optionalKey(Schema.Literal("auto")),
    tool_choice: Schema.optionalKey(Schema.Union([
      Schema.Literals(["auto", "any", "none"]),
      Schema.Struct({
        allowed_tools: Schema.Struct({ mode: Schema.Literals(["auto", "any"]), tools: Schema.NonEmptyArray(Name) })
      })
    ]))
  }))
})

describe("a request there and back", () => {
  it.prop("says the same in Interactions within what both formats can say", { request: Common }, ({ request }) => {
    // An id goes to Google without the prefix that it wears outside.
    const { previous_interaction_id: previous, ...rest } = request
    const expected = previous === undefined ? rest : { ...rest, previous_interaction_id: "v1_a" }
    assert.deepStrictEqual(toGoogle(fromGoogle(request)), expected)
  }, { arbitrary: { runs: 300 } })

  it.prop("says the same in Responses within what both formats can say", { request: Common }, ({ request }) => {
    const { previous_interaction_id: _, ...unchained } = request
    const there = fromGoogle(unchained)
    assert.deepStrictEqual(fromGoogle(toGoogle(there)), there)
  }, { arbitrary: { runs: 300 } })

  it.prop("never throws, whatever stands in it", {
    request: Schema.Record(
      Schema.Literals(["model", "input", "tools", "tool_choice", "text", "generation_config", "response_format"]),
      Schema.Json
    )
  }, ({ request }) => {
    for (const translate of [translation.requestFromResponses, translation.requestToResponses]) {
      assert.isTrue(
        Json.isObject(Result.match(translate(request), { onFailure: () => ({}), onSuccess: (value) => value }))
      )
    }
  })
})
