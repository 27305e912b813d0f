import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { Prompt } from "effect/ai"
import type { FlexLanguageModel } from "../../src/ai/index.ts"
import * as PromptInput from "../../src/ai/PromptInput.ts"

const options: PromptInput.Options = { isStored: true, fileIdPrefixes: ["file-"] }

const items = (
  messages: ReadonlyArray<Prompt.MessageEncoded>,
  given: Partial<PromptInput.Options> = {}
): ReadonlyArray<object> => Result.getOrThrow(PromptInput.make(Prompt.make(messages), { ...options, ...given }))

/** The content of a user's message that holds one part. */
const user = (part: Prompt.UserMessagePartEncoded) => items([{ role: "user", content: [part] }])

const assistant = (
  ...content: ReadonlyArray<Prompt.AssistantMessagePartEncoded>
): ReadonlyArray<Prompt.MessageEncoded> => [{ role: "assistant", content }]

const base64 = "AQID"
const bytes = new Uint8Array([1, 2, 3])

const files: ReadonlyArray<readonly [string, Prompt.FilePartEncoded, object]> = [
  ["an image in bytes", { type: "file", mediaType: "image/png", data: bytes }, {
    type: "input_image",
    image_url: `data:image/png;base64,${base64}`
  }],
  ["an image in base64", { type: "file", mediaType: "image/jpg", data: base64 }, {
    type: "input_image",
    image_url: `data:image/jpeg;base64,${base64}`
  }],
  ["an image of any kind", { type: "file", mediaType: "image/*", data: bytes }, {
    type: "input_image",
    image_url: `data:image/jpeg;base64,${base64}`
  }],
  ["an image at an address", { type: "file", mediaType: "image/png", data: new URL("https://a.test/b.png") }, {
    type: "input_image",
    image_url: "https://a.test/b.png"
  }],
  ["an image in a data URL", { type: "file", mediaType: "image/png", data: `data:image/png;base64,${base64}` }, {
    type: "input_image",
    image_url: `data:image/png;base64,${base64}`
  }],
  ["a stored image, closely looked at", {
    type: "file",
    mediaType: "image/png",
    data: "file-1",
    options: { flexinference: { imageDetail: "high" } }
  }, { type: "input_image", file_id: "file-1", detail: "high" }],
  ["a document in bytes", { type: "file", mediaType: "application/pdf", fileName: "a.pdf", data: bytes }, {
    type: "input_file",
    filename: "a.pdf",
    file_data: `data:application/pdf;base64,${base64}`
  }],
  ["a document without a name", { type: "file", mediaType: "text/plain", data: base64 }, {
    type: "input_file",
    filename: "file.plain",
    file_data: `data:text/plain;base64,${base64}`
  }],
  ["a document at an address", { type: "file", mediaType: "application/pdf", data: new URL("https://a.test/b.pdf") }, {
    type: "input_file",
    file_url: "https://a.test/b.pdf"
  }],
  ["a stored document", { type: "file", mediaType: "application/pdf", data: "file-2" }, {
    type: "input_file",
    file_id: "file-2"
  }],
  ["a recording", { type: "file", mediaType: "audio/mpeg", data: bytes }, {
    type: "input_audio",
    input_audio: { data: base64, format: "mp3" }
  }]
]

describe("a prompt", () => {
  it("keeps the order of its messages, whoever they are of", () => {
    assert.deepStrictEqual(
      items([
        { role: "system", content: "Be brief." },
        { role: "user", content: "Hi" },
        { role: "assistant", content: "Hello" },
        { role: "system", content: "Be briefer." }
      ]),
      [
        { type: "message", role: "system", content: "Be brief." },
        { type: "message", role: "user", content: [{ type: "input_text", text: "Hi" }] },
        {
          type: "message",
          role: "assistant",
          content: [{ type: "output_text", text: "Hello", annotations: [] }]
        },
        { type: "message", role: "system", content: "Be briefer." }
      ]
    )
  })

  it.each(files)("carries %s", (_name, part, expected) => {
    assert.deepStrictEqual(user(part), [{ type: "message", role: "user", content: [expected] }])
  })

  it("refuses a recording that no format takes, and says which it takes", () => {
    const prompt = Prompt.make([{ role: "user", content: [{ type: "file", mediaType: "audio/ogg", data: bytes }] }])
    const refused = PromptInput.make(prompt, options)
    assert.include(Result.isFailure(refused) ? refused.failure.message : "", "audio/wav or audio/mp3")
  })

  it("marks where the prompt cache ends", () => {
    const marked = (cacheBreakpoint: true | { readonly ttl: "12h" }) =>
      user({ type: "text", text: "Hi", options: { flexinference: { cacheBreakpoint } } })
    const message = (mark: object) => [
      { type: "message", role: "user", content: [{ type: "input_text", text: "Hi", prompt_cache_breakpoint: mark }] }
    ]
    assert.deepStrictEqual(marked(true), message({ mode: "explicit" }))
    assert.deepStrictEqual(marked({ ttl: "12h" }), message({ mode: "explicit", ttl: "12h" }))
  })
})

describe("an answer that goes back", () => {
  it("has its thoughts as they came, each summary with its parts and its opaque value", () => {
    const thought = (text: string, flexinference: FlexLanguageModel.ReasoningMetadata) =>
      ({ type: "reasoning", text, options: { flexinference } }) as const
    assert.deepStrictEqual(
      items(assistant(
        thought("One.", { itemId: "rs_1" }),
        thought("Two.", { itemId: "rs_1", encryptedContent: "cipher" }),
        thought("", { itemId: "rs_2", encryptedContent: "other" }),
        { type: "text", text: "Done." }
      )).slice(0, 2),
      [
        {
          type: "reasoning",
          id: "rs_1",
          summary: [{ type: "summary_text", text: "One." }, { type: "summary_text", text: "Two." }],
          encrypted_content: "cipher"
        },
        { type: "reasoning", id: "rs_2", summary: [], encrypted_content: "other" }
      ]
    )
  })

  it("leaves out thoughts that their provider would not know again", () => {
    const foreign = assistant({ type: "reasoning", text: "Hm." })
    const kept = assistant({ type: "reasoning", text: "Hm.", options: { flexinference: { itemId: "rs_1" } } })
    assert.deepStrictEqual(items(foreign), [])
    assert.lengthOf(items(kept), 1)
    assert.deepStrictEqual(items(kept, { isStored: false }), [])
  })

  it("has its phase, its refusal and the signature of its calls", () => {
    assert.deepStrictEqual(
      items(assistant(
        { type: "text", text: "Well.", options: { flexinference: { phase: "commentary", annotations: [] } } },
        { type: "text", text: "" },
        { type: "text", text: "", options: { flexinference: { refusal: "No." } } },
        { type: "tool-call", id: "c1", name: "f", params: { a: 1 }, options: { flexinference: { signature: "s" } } }
      )),
      [
        {
          type: "message",
          role: "assistant",
          content: [{ type: "output_text", text: "Well.", annotations: [] }],
          phase: "commentary"
        },
        { type: "message", role: "assistant", content: [{ type: "refusal", refusal: "No." }] },
        { type: "function_call", call_id: "c1", name: "f", arguments: "{\"a\":1}", signature: "s" }
      ]
    )
  })

  it("has the provider's own search as it came", () => {
    const item = { type: "web_search_call", id: "ws_1", status: "completed", action: { type: "search", query: "q" } }
    const call = { type: "tool-call", id: "ws_1", name: "FlexWebSearch", params: {}, providerExecuted: true } as const
    assert.deepStrictEqual(
      items(assistant(
        { ...call, options: { flexinference: { item } } },
        { type: "tool-result", id: "ws_1", name: "FlexWebSearch", isFailure: false, result: {}, providerExecuted: true }
      )),
      [item]
    )
    assert.deepStrictEqual(items(assistant(call)), [])
  })

  it("has the results of tools: as text, as JSON, as content, and as failures", () => {
    const result = (id: string, more: Partial<Prompt.ToolResultPartEncoded>) =>
      ({ type: "tool-result", id, name: "f", isFailure: false, result: null, ...more }) as const
    assert.deepStrictEqual(
      items([{
        role: "tool",
        content: [
          result("a", { result: "sunny" }),
          result("b", { result: { degrees: 21 } }),
          result("c", { isFailure: true, result: { problem: "no" } }),
          result("d", {
            modelOutput: [{ type: "text", text: "See:" }, { type: "file", mediaType: "image/png", data: bytes }]
          }),
          { type: "tool-approval-response", approvalId: "x", approved: true }
        ]
      }]),
      [
        { type: "function_call_output", call_id: "a", output: "sunny" },
        { type: "function_call_output", call_id: "b", output: "{\"degrees\":21}" },
        { type: "function_call_output", call_id: "c", output: "{\"problem\":\"no\"}", status: "incomplete" },
        {
          type: "function_call_output",
          call_id: "d",
          output: [
            { type: "input_text", text: "See:" },
            { type: "input_image", image_url: `data:image/png;base64,${base64}` }
          ]
        }
      ]
    )
  })
})
