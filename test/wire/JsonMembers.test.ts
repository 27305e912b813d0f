import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import type { Json, JsonObject } from "../../src/wire/Json.ts"
import { edit, insertAt } from "../../src/wire/JsonMembers.ts"
import { cpuMillis } from "../support/cpu.ts"

/** Keys that trip naive scanners: escapes, delimiters, what an object inherits, and a few that meet again. */
const keys = [
  "start_within",
  "a",
  "",
  "a\"b",
  "a\\",
  "\\\"",
  "}",
  "{\"a\":1}",
  ",",
  ":",
  "__proto__",
  "constructor",
  "1",
  "é",
  "😀",
  "\ud800",
  "\u0000\n\u2028"
]

// A key of one NUL is left out: the `JSON.parse` of Node 24, which these tests compare with, at times reads it as "\\".
const Key = Schema.Union([
  Schema.Literals(keys),
  Schema.String.check(Schema.makeFilter((key) => key !== "\u0000"))
])
const Space = Schema.Literals(["", "", " ", "\n\t", "\r\n  "])

/** Values as text, so that what parsing would lose is there to be kept. */
const ValueText = Arbitrary.map(
  Arbitrary.all({
    kind: Arbitrary.schema(Schema.Literals(["literal", "compact", "indented"])),
    literal: Arbitrary.schema(Schema.Literals([
      "1.0",
      "9007199254740993",
      "-0",
      "1E400",
      "\"\"",
      "\"\\\\\"",
      "\"\\\\\\\"\"",
      "\"\\u0022,\\\"start_within\\\":{[\"",
      "{}",
      "[ ]",
      "[[{\"a\":[\"]\",\"}\"]}]]",
      "{\"start_within\":{\"a\":1.0}}",
      "null"
    ])),
    json: Arbitrary.schema(Schema.Json)
  }),
  ({ json, kind, literal }) =>
    kind === "literal" ? literal : JSON.stringify(json, null, kind === "indented" ? "\t" : "")
)

const escaped = (key: string): string =>
  `"${
    Array.from({ length: key.length }, (_, at) => `\\u${key.charCodeAt(at).toString(16).padStart(4, "0")}`).join("")
  }"`

interface Member {
  readonly name: string
  /** From the key's quote to the end of the value. */
  readonly text: string
}

interface Source {
  readonly text: string
  readonly members: ReadonlyArray<Member>
}

const Member = Arbitrary.map(
  Arbitrary.all({
    name: Arbitrary.schema(Key),
    spelled: Arbitrary.schema(Schema.Boolean),
    around: Arbitrary.schema(Schema.Tuple([Space, Space, Space, Space])),
    value: ValueText
  }),
  ({ around: [before, behindKey, beforeValue, after], name, spelled, value }) => {
    const text = `${spelled ? escaped(name) : JSON.stringify(name)}${behindKey}:${beforeValue}${value}`
    return { name, text, padded: before + text + after }
  }
)

const Source = Arbitrary.map(
  Arbitrary.all({
    members: Arbitrary.array(Member, { maxLength: 8 }),
    around: Arbitrary.schema(Schema.Tuple([Space, Space, Space]))
  }),
  ({ around: [before, inside, after], members }): Source => ({
    text: `${before}{${members.length === 0 ? inside : members.map(({ padded }) => padded).join(",")}}${after}`,
    members
  })
)

const Names = Schema.Array(Key)
const Values = Schema.Record(Key, Schema.Json)

/** The reference: what the edit means on the parsed object. `Map` keeps `__proto__` an ordinary name. */
const reference = (object: JsonObject, remove: ReadonlyArray<string>, set: JsonObject): JsonObject => {
  const members = new Map<string, Json>(Object.entries(object))
  for (const name of remove) members.delete(name)
  for (const [name, value] of Object.entries(set)) members.set(name, value)
  return Object.fromEntries(members)
}

/** What a parser makes of a value once it has been printed: `-0` is printed as `0`. */
const printed = (value: JsonObject): JsonObject => JSON.parse(JSON.stringify(value))

const assertKept = (edited: string, members: ReadonlyArray<Member>, touched: (name: string) => boolean) => {
  let at = 0
  for (const { name, text } of members) {
    if (touched(name)) continue
    const found = edited.indexOf(text, at)
    assert.notStrictEqual(found, -1, `lost ${text}`)
    at = found + text.length
  }
}

describe("JsonMembers", () => {
  describe("edit", () => {
    it.prop(
      "equals the same edit on the parsed object and keeps the text of every other member",
      { source: Source, remove: Names, set: Values },
      ({ remove, set, source }) => {
        const edited = edit(source.text, { remove, set })
        assert.deepStrictEqual(JSON.parse(edited), reference(JSON.parse(source.text), remove, printed(set)))
        assertKept(edited, source.members, (name) => remove.includes(name) || Object.hasOwn(set, name))
      },
      { arbitrary: { runs: 500 } }
    )

    it.prop(
      "removes every occurrence of a name and can remove all that there is",
      { source: Source },
      ({ source }) => {
        const names = source.members.map(({ name }) => name)
        assert.deepStrictEqual(JSON.parse(edit(source.text, { remove: names })), {})
        for (const name of names) {
          assert.notInclude(Object.keys(JSON.parse(edit(source.text, { remove: [name] }))), name)
        }
      }
    )

    it.prop("changes no byte when nothing is to be edited", { source: Source }, ({ source }) => {
      assert.strictEqual(edit(source.text, {}), source.text)
      assert.strictEqual(edit(source.text, { remove: ["no such member"], set: {} }), source.text)
    })

    it.prop("neither throws nor hangs on text that is no JSON", {
      source: Source,
      cut: Schema.Int,
      junk: Schema.String
    }, ({
      cut,
      junk,
      source
    }) => {
      const at = Math.abs(cut) % (source.text.length + 1)
      for (const text of [junk, source.text.slice(0, at), source.text.slice(0, at) + junk + source.text.slice(at)]) {
        assert.isString(edit(text, { remove: ["a"], set: { start_within: 1 } }))
        assert.isString(insertAt(text, ["a", "start_within"], { b: 1 }))
      }
    })

    const cases: ReadonlyArray<{
      readonly promise: string
      readonly text: string
      readonly remove?: ReadonlyArray<string>
      readonly set?: JsonObject
      readonly to: string
    }> = [
      {
        promise: "keeps 1.0 and integers beyond 2^53",
        text: `{"temperature": 1.0, "start_within":"auto", "seed": 9007199254740993}`,
        remove: ["start_within"],
        to: `{"temperature": 1.0, "seed": 9007199254740993}`
      },
      {
        promise: "takes a key spelled with escapes for the name it means",
        text: `{"start\\u005fwithin":"auto","model":"gpt-5.5"}`,
        remove: ["start_within"],
        to: `{"model":"gpt-5.5"}`
      },
      { promise: "leaves an empty object behind the only member", text: `{"a":1}`, remove: ["a"], to: `{}` },
      { promise: "leaves no comma behind the last member", text: `{"a":1, "b":2 }`, remove: ["b"], to: `{"a":1 }` },
      {
        promise: "leaves nested members of the same name",
        text: `{"a":{"b":1},"b":2}`,
        remove: ["b"],
        to: `{"a":{"b":1}}`
      },
      {
        promise: "replaces a member in place",
        text: `{ "a": 1, "b": [2, "]"], "c": 3 }`,
        set: { b: { x: true } },
        to: `{ "a": 1, "b": {"x":true}, "c": 3 }`
      },
      {
        promise: "sets duplicates once",
        text: `{"a":1,"b":2,"\\u0061":3}`,
        set: { a: 4 },
        to: `{"a":4,"b":2}`
      },
      {
        promise: "appends what is not there, before the closing brace's own line",
        text: `{\n  "a": 1\n}\n`,
        set: { b: "x" },
        to: `{\n  "a": 1,"b":"x"\n}\n`
      },
      { promise: "appends to an empty object", text: `{ }`, set: { a: null }, to: `{"a":null }` },
      {
        promise: "appends where the last member was removed",
        text: `{"service_tier":"auto"}`,
        remove: ["service_tier"],
        set: { stream: true },
        to: `{"stream":true}`
      },
      { promise: "lets setting win over removing", text: `{"a":1}`, remove: ["a"], set: { a: 2 }, to: `{"a":2}` },
      { promise: "returns an array unchanged", text: `[{"a":1}]`, remove: ["a"], set: { b: 1 }, to: `[{"a":1}]` },
      { promise: "returns a cut object unchanged", text: `{"a":1,"b":"x`, remove: ["a"], to: `{"a":1,"b":"x` }
    ]
    for (const { promise, remove, set, text, to } of cases) {
      it(promise, () => assert.strictEqual(edit(text, { remove, set }), to))
    }

    it("edits a long text in one pass", () => {
      // Every quote that backtracked to the start of its string would make this quadratic.
      const long = JSON.stringify({
        a: "\\\"".repeat(100_000),
        b: Array.from({ length: 200_000 }, (_, i) => i),
        c: 1
      })
      let edited = ""
      assert.isBelow(cpuMillis(() => (edited = edit(long, { remove: ["c"], set: { d: 2 } }))), 2_000)
      assert.isTrue(edited.endsWith(`199999],"d":2}`))
      assert.strictEqual(edited.length, long.length)
    })
  })

  describe("insertAt", () => {
    it.prop(
      "adds or replaces members of the object at the path and keeps all other text",
      { source: Source, path: Schema.Array(Key), inner: Source, set: Values },
      ({ inner, path, set, source }) => {
        const wrapped = path.reduceRight((text, name) => `{"z":1.0,${escaped(name)} : ${text} }`, inner.text)
        const inserted = insertAt(wrapped, path, set)
        const expected = path.reduceRight<JsonObject>(
          (value, name) => Object.fromEntries([["z", 1], [name, value]]),
          reference(JSON.parse(inner.text), [], printed(set))
        )
        assert.deepStrictEqual(JSON.parse(inserted), expected)
        assertKept(inserted, inner.members, (name) => Object.hasOwn(set, name))
        assert.isString(insertAt(source.text, path, set))
      },
      { arbitrary: { runs: 300 } }
    )

    const cases: ReadonlyArray<readonly [promise: string, text: string, path: ReadonlyArray<string>, to: string]> = [
      [
        "adds to the usage of a body",
        `{"usage":{"total": 1.0},"x":2}`,
        ["usage"],
        `{"usage":{"total": 1.0,"cost":1},"x":2}`
      ],
      [
        "adds to the usage inside an event's response",
        `{"response":{"id":"usage","usage":{}}}`,
        ["response", "usage"],
        `{"response":{"id":"usage","usage":{"cost":1}}}`
      ],
      ["replaces a member that is there", `{"usage":{"cost":9}}`, ["usage"], `{"usage":{"cost":1}}`],
      ["takes the last of duplicates, as a parser does", `{"u":{},"u":{}}`, ["u"], `{"u":{},"u":{"cost":1}}`],
      ["edits the object itself at the empty path", `{}`, [], `{"cost":1}`],
      ["changes nothing where the path ends early", `{"usage":{}}`, ["response", "usage"], `{"usage":{}}`],
      ["changes nothing where the path leads to null", `{"usage":null}`, ["usage"], `{"usage":null}`],
      ["changes nothing where the path leads to an array", `{"usage":[{}]}`, ["usage"], `{"usage":[{}]}`],
      ["does not take a string for an object", `{"usage":"{}"}`, ["usage"], `{"usage":"{}"}`]
    ]
    for (const [promise, text, path, to] of cases) {
      it(promise, () => assert.strictEqual(insertAt(text, path, { cost: 1 }), to))
    }
  })
})
