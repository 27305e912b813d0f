import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { dialects } from "../../../src/dialect/index.ts"
import * as AgentAnswers from "../../../src/dialect/responses/AgentAnswers.ts"
import * as AgentTools from "../../../src/dialect/responses/AgentTools.ts"
import * as Collector from "../../../src/dialect/responses/Collector.ts"
import { providers } from "../../../src/provider/index.ts"
import * as Encode from "../../../src/router/Encode.ts"
import * as Json from "../../../src/wire/Json.ts"
import type { JsonObject } from "../../../src/wire/Json.ts"

const object = { type: "object", properties: { a: { type: "number" } } }
const fn = (name: string, more: object = {}): JsonObject => ({ type: "function", name, parameters: object, ...more })

/** As Codex asks: a shell, servers of tools in namespaces, a patch with a grammar, and a search for more. */
const tools: ReadonlyArray<JsonObject> = [
  fn("shell"),
  {
    type: "namespace",
    name: "mcp__files__",
    description: "Files.",
    tools: [fn("read", { description: "Reads." }), fn("write")]
  },
  { type: "namespace", name: "git", description: "", tools: [fn("read"), { type: "custom", name: "apply" }] },
  {
    type: "custom",
    name: "apply_patch",
    description: "Patches.",
    format: { type: "grammar", syntax: "lark", definition: "start: /x/" }
  },
  { type: "tool_search", execution: "client", description: "Finds tools.", parameters: object }
]

const history: ReadonlyArray<JsonObject> = [
  { type: "message", role: "user", content: "Hi" },
  { type: "function_call", call_id: "c1", name: "read", namespace: "mcp__files__", arguments: "{\"a\":1.0}" },
  { type: "function_call_output", call_id: "c1", output: "text" },
  { type: "custom_tool_call", id: "ctc_1", call_id: "c2", name: "apply_patch", input: "*** \"x\"\n" },
  { type: "custom_tool_call_output", call_id: "c2", output: "done" },
  { type: "tool_search_call", call_id: "c3", execution: "client", arguments: { a: 1 } },
  {
    type: "tool_search_output",
    call_id: "c3",
    execution: "client",
    tools: [{ type: "namespace", name: "web", description: "", tools: [fn("open")] }, fn("late")]
  }
]

const plain = (request: JsonObject): JsonObject => Result.getOrThrow(AgentTools.requestToResponses(request))

const context = (request: JsonObject) => ({ id: "1", createdAt: 0, model: "m", request })

const call = (name: string, text: string, id = "fc_1"): JsonObject => ({
  id,
  type: "function_call",
  status: "completed",
  call_id: "c9",
  name,
  arguments: text
})

/** The events of one call, as the hub's writer gives them. */
const eventsOf = (item: JsonObject): ReadonlyArray<JsonObject> => {
  const place = { output_index: 0, item_id: String(item["id"]) }
  const events: ReadonlyArray<JsonObject> = [
    { type: "response.created", response: { id: "resp_1", tools: [], output: [] } },
    { type: "response.output_item.added", output_index: 0, item: { ...item, arguments: "", status: "in_progress" } },
    { type: "response.function_call_arguments.delta", ...place, delta: String(item["arguments"]) },
    {
      type: "response.function_call_arguments.done",
      ...place,
      name: item["name"] ?? "",
      arguments: item["arguments"] ?? ""
    },
    { type: "response.output_item.done", output_index: 0, item },
    { type: "response.completed", response: { id: "resp_1", status: "completed", tools: [], output: [item] } }
  ]
  return events.map((event, index): JsonObject => Object.assign({}, event, { sequence_number: index }))
}

const request: JsonObject = { model: "claude-opus-4-8", input: history, tools }

describe("AgentTools", () => {
  it("leaves a request alone that has nothing of the kind", () => {
    for (const input of ["Hi", [{ role: "user", content: "namespace custom compaction" }]]) {
      const request = { model: "m", input, tools: [fn("shell"), { type: "web_search" }] }
      assert.strictEqual(plain(request), request)
      assert.isUndefined(AgentTools.originsOf(request))
    }
  })

  it("offers every tool as a function of a name of its own", () => {
    const offered = Json.objects(plain(request), "tools")
    assert.deepStrictEqual(offered.map(({ name, type }) => [type, name]), [
      ["function", "shell"],
      ["function", "mcp__files__read"],
      ["function", "mcp__files__write"],
      ["function", "git__read"],
      ["function", "git__apply"],
      ["function", "apply_patch"],
      ["function", "tool_search"],
      ["function", "web__open"],
      ["function", "late"]
    ])
    assert.strictEqual(offered[1]?.["description"], "Files.\n\nReads.")
    const patch = JSON.stringify(offered[5])
    assert.include(patch, "start: /x/")
    assert.include(patch, `"required":["input"]`)
  })

  it("lets no two tools share a name, and a plain function keeps its own", () => {
    const clash = [fn("a__b"), { type: "namespace", name: "a", tools: [fn("b")] }, {
      type: "namespace",
      name: "a__",
      tools: [fn("b")]
    }]
    const flat = plain({ input: "Hi", tools: clash })
    assert.deepStrictEqual(Json.objects(flat, "tools").map(({ name }) => name), [
      "a__b",
      "a__b_2",
      "a__b_3"
    ])
    const answer = { output: [call("a__b_3", "{}"), call("a__b", "{}")] }
    const own = Json.objects(AgentAnswers.bodyFromResponses(answer, context(flat)), "output")
    assert.deepStrictEqual(own.map(({ name, namespace }) => [name, namespace]), [["b", "a__"], ["a__b", undefined]])
  })

  it("says of earlier calls what they were, and of a search what it found", () => {
    const [, one, , two, result, three, found] = Json.objects(plain(request), "input")
    assert.deepInclude(one, {
      type: "function_call",
      call_id: "c1",
      name: "mcp__files__read",
      arguments: "{\"a\":1.0}"
    })
    assert.deepInclude(two, { type: "function_call", call_id: "c2", name: "apply_patch" })
    assert.deepStrictEqual(JSON.parse(String(two?.["arguments"])), { input: "*** \"x\"\n" })
    assert.deepStrictEqual(result, { type: "function_call_output", call_id: "c2", output: "done" })
    assert.deepInclude(three, { type: "function_call", call_id: "c3", name: "tool_search", arguments: "{\"a\":1}" })
    assert.deepStrictEqual(found, {
      type: "function_call_output",
      call_id: "c3",
      output: "{\"tools\":[\"web__open\",\"late\"]}"
    })
  })

  it("names a tool the same on every turn", () => {
    const before = Json.objects(plain({ input: [history[0] ?? {}], tools }), "tools")
    const after = Json.objects(plain(request), "tools")
    assert.deepStrictEqual(after.slice(0, before.length), before)
  })

  it("offers what a search at the provider would find, and does without the search", () => {
    const flat = plain({ input: "Hi", tools: [{ type: "tool_search" }, fn("late", { defer_loading: true })] })
    assert.deepStrictEqual(Json.objects(flat, "tools").map(({ name }) => name), ["late"])
    assert.deepStrictEqual(plain({ input: "Hi", tools: [{ type: "tool_search" }] })["tools"], [])
  })

  it.each<readonly [JsonObject, JsonObject]>([
    [{ type: "custom", name: "apply_patch" }, { type: "function", name: "apply_patch" }],
    [{ type: "function", name: "read", namespace: "git" }, { type: "function", name: "git__read" }],
    [{ type: "function", name: "shell" }, { type: "function", name: "shell" }],
    [
      { type: "allowed_tools", mode: "auto", tools: [{ type: "custom", name: "apply_patch" }] },
      { type: "allowed_tools", mode: "auto", tools: [{ type: "function", name: "apply_patch" }] }
    ]
  ])("chooses %o by the function's name", (choice, expected) => {
    assert.deepStrictEqual(plain({ ...request, tool_choice: choice })["tool_choice"], expected)
  })

  it.each(["messages", "interactions"] as const)("reaches %s, and its refusals name the caller's own place", (name) => {
    const dialect = dialects[name]
    const provider = name === "messages" ? providers.anthropic : providers.google
    const encode = (value: JsonObject) =>
      Encode.encode({ surface: dialects.responses, text: JSON.stringify(value), value }, { provider, dialect })
    const encoded = Result.getOrThrow(encode(request))
    assert.include(encoded.body({ tier: "standard", mode: "body" }), "mcp__files__read")
    const paramOf = (value: JsonObject) =>
      Result.match(encode(value), { onSuccess: () => "", onFailure: ({ param }) => param })
    assert.strictEqual(paramOf({ ...request, tools: [...tools, { type: "code_interpreter" }] }), "tools[5].type")
    for (const type of ["compaction", "compaction_trigger", "context_compaction"]) {
      assert.strictEqual(
        paramOf({ ...request, input: [...history, { type, encrypted_content: "x" }] }),
        "input[7].type"
      )
    }
  })

  describe("answers", () => {
    const flat = plain(request)
    const table: ReadonlyArray<readonly [string, JsonObject, JsonObject]> = [
      ["a function in a namespace", call("mcp__files__read", "{\"a\":1}"), {
        ...call("read", "{\"a\":1}"),
        namespace: "mcp__files__"
      }],
      ["a plain function", call("shell", "{}"), call("shell", "{}")],
      ["a function nobody offered", call("nonesuch", "{}"), call("nonesuch", "{}")],
      ["free text", call("apply_patch", "{\"input\":\"*** \\\"x\\\"\\n\"}"), {
        id: "ctc_1",
        type: "custom_tool_call",
        status: "completed",
        call_id: "c9",
        name: "apply_patch",
        input: "*** \"x\"\n"
      }],
      ["free text in a namespace", call("git__apply", "not what was asked"), {
        id: "ctc_1",
        type: "custom_tool_call",
        status: "completed",
        call_id: "c9",
        name: "apply",
        namespace: "git",
        input: "not what was asked"
      }],
      ["a search", call("tool_search", "{\"a\":1}"), {
        id: "tsc_1",
        type: "tool_search_call",
        status: "completed",
        call_id: "c9",
        execution: "client",
        arguments: { a: 1 }
      }]
    ]

    it.each(table)("call %s by its own name, whole and streamed alike", (_name, item, expected) => {
      const whole = AgentAnswers.bodyFromResponses({ id: "resp_1", tools: [], output: [item] }, context(flat))
      assert.deepStrictEqual(whole["output"], [expected])
      assert.deepStrictEqual(whole["tools"], tools)
      const { push } = AgentAnswers.eventsFromResponses(context(flat))
      const events = eventsOf(item).flatMap((event) => push(event))
      assert.deepStrictEqual(events.map((event) => event["sequence_number"]), events.map((_, index) => index))
      const done = events.find(({ type }) => type === "response.output_item.done")
      assert.deepStrictEqual(done?.["item"], expected)
      const collector = Collector.make()
      for (const event of events) collector.add(event)
      assert.deepStrictEqual(collector.body()?.["output"], [expected])
      const own = events.filter((event) => event["item_id"] !== undefined)
      assert.isTrue(own.every((event) => event["item_id"] === expected["id"]))
      const text = own.map((event) => event["type"] === `response.custom_tool_call_input.delta` ? event["delta"] : "")
        .join("")
      assert.strictEqual(text, expected["input"] ?? "")
    })

    it("pass as they are where the request was left alone", () => {
      const response = { output: [call("shell", "{}")] }
      assert.strictEqual(AgentAnswers.bodyFromResponses(response, context({ input: "Hi" })), response)
      const event = { type: "response.created", response }
      assert.strictEqual(AgentAnswers.eventsFromResponses(context({})).push(event)[0], event)
    })
  })
})
