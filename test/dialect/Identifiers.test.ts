import { assert, describe, it } from "@effect/vitest"
import { dialects } from "../../src/dialect/index.ts"
import * as Identifiers from "../../src/dialect/Identifiers.ts"
import * as Json from "../../src/wire/Json.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import { seeded } from "../support/seeded.ts"

const count = 10_000

const alphabets = [
  "ab",
  "abcXYZ019_-",
  ".:/ _-",
  "äß漢字🎉",
  "\u0000\n\"\\'<>{}",
  "\ud800\udfff",
  "é\u0301ﬁ\u200b"
] as const

const endings = ["", "--", "--00000000000000", "--zzzzzzzzzzzzzz", "."] as const

/** Names that nobody should use and somebody will, each another: near each other, long, empty, and forms of their own. */
const hostile = (seed: number): ReadonlyArray<string> => {
  const random = seeded(seed)
  const names = new Set([
    "",
    ".",
    ":",
    "-",
    "__proto__",
    "constructor",
    "toString",
    "web_search",
    "9",
    "mcp.server:tool"
  ])
  const long = "mcp__a_server_with_a_long_name__".repeat(8)
  while (names.size < count) {
    const index = names.size
    const letters = Array.from(random.pick(alphabets))
    const text = random.some(70, () => letters[random.below(letters.length)] ?? "").join("")
    const kind = random.below(5)
    names.add(
      kind === 0
        ? `${long}${index}`
        : kind === 1
        ? `${index}${long}`
        : kind === 2
        ? `tool_${index.toString(36)}${random.pick(endings)}`
        : text + random.pick(endings)
    )
    // What another name becomes may be a name as well.
    if (random.once(10)) names.add(Identifiers.formOf(text, { pattern: /^\w+$/, length: 64 }))
  }
  return Array.from(names).slice(0, count)
}

const request = (texts: ReadonlyArray<string>): JsonObject => ({
  tools: texts.map((name) => ({ type: "function", name, parameters: {} })),
  input: texts.flatMap((text): ReadonlyArray<JsonObject> => [
    { type: "function_call", call_id: text, name: text, arguments: "{}" },
    { type: "function_call_output", call_id: text, output: "" }
  ])
})

const answer = (wire: JsonObject): ReadonlyArray<JsonObject> =>
  Json.objects(wire, "input").filter((item) => Json.string(item, "type") === "function_call")

const formats = Object.values(dialects).flatMap(({ identifiers, name }) =>
  identifiers === undefined ? [] : [{ name, identifiers }]
)

describe("names and ids", () => {
  it("have a rule in every format", () => {
    assert.lengthOf(formats, Object.keys(dialects).length)
  })

  it.each(formats)(`go there and back, ${count} of them hostile: $name`, ({ identifiers }) => {
    const texts = hostile(7)
    assert.lengthOf(texts, count)
    const own = request(texts)
    const wire = Identifiers.toWire(own, identifiers)
    for (
      const [list, member, accepted] of [
        [Json.objects(wire, "tools"), "name", identifiers.names],
        [answer(wire), "name", identifiers.names],
        [answer(wire), "call_id", identifiers.ids]
      ] as const
    ) {
      const forms = list.map((value) => Json.string(value, member) ?? "")
      assert.strictEqual(new Set(forms).size, count)
      if (accepted === undefined) continue
      for (const form of forms) assert.isTrue(accepted.pattern.test(form) && form.length <= accepted.length, form)
    }
    // A result goes with its call.
    const results = Json.objects(wire, "input").filter((item) => Json.string(item, "type") === "function_call_output")
    assert.deepStrictEqual(
      results.map((result) => result["call_id"]),
      answer(wire).map((call) => call["call_id"])
    )
    const back = Identifiers.restored(own, identifiers) ?? assert.fail()
    const output = answer(wire)
    const whole = { output: answer(own) }
    assert.deepStrictEqual(back.response({ output }), whole)
    assert.deepStrictEqual(back.event({ type: "response.completed", response: { output } }), {
      type: "response.completed",
      response: whole
    })
    assert.deepStrictEqual(
      output.map((item) => back.event({ type: "response.output_item.done", item })),
      answer(own).map((item) => ({ type: "response.output_item.done", item }))
    )
  })

  it.each(formats)("have one form on every turn, whatever else is on offer: $name", ({ identifiers }) => {
    const texts = hostile(7).slice(0, 50)
    const formIn = (texts: ReadonlyArray<string>) =>
      new Map(
        Json.objects(Identifiers.toWire(request(texts), identifiers), "tools").map((tool, index) =>
          [texts[index], tool["name"]] as const
        )
      )
    const together = formIn(texts)
    for (const text of texts.toReversed()) assert.strictEqual(formIn([text]).get(text), together.get(text))
  })

  it.each(formats)("stay as they are where they are taken, and the request with them: $name", ({ identifiers }) => {
    const plain = request(["get_weather", "mcp__server__search", "a-b", "call_0123456789abcdef"])
    assert.strictEqual(Identifiers.toWire(plain, identifiers), plain)
    assert.isUndefined(Identifiers.restored(plain, identifiers))
  })

  it("can still be read", () => {
    const { names } = dialects.responses.identifiers ?? assert.fail()
    assert.match(Identifiers.formOf("mcp.github:create_issue", names), /^mcp_github_create_issue--[0-9a-z]{14}$/)
    assert.match(Identifiers.formOf("9lives", { pattern: /^[a-z]+$/, length: 64 }), /^_9lives--/)
  })

  it("are changed wherever a request names a tool, and nowhere else", () => {
    const { identifiers = assert.fail() } = dialects.messages
    const form = Identifiers.formOf("a.b", identifiers.names)
    const named = (name: string): JsonObject => ({
      instructions: "a.b",
      tools: [{ type: "custom", name }, { type: "web_search", name: "a.b" }],
      tool_choice: { type: "allowed_tools", mode: "auto", tools: [{ type: "function", name }] },
      input: [
        { type: "message", role: "user", content: [{ type: "input_text", text: "a.b" }], name: "a.b" },
        { type: "custom_tool_call", call_id: "c", name, input: "a.b" }
      ]
    })
    assert.deepStrictEqual(Identifiers.toWire(named("a.b"), identifiers), named(form))
    const chosen = { tool_choice: { type: "function", name: "a.b" } }
    assert.deepStrictEqual(Identifiers.toWire(chosen, identifiers), { tool_choice: { type: "function", name: form } })
  })
})
