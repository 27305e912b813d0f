import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as Attachment from "../../../src/cli/ask/Attachment.ts"

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0))

describe("Attachment", () => {
  it.each([
    ["a PNG", "\x89PNG\r\n\x1a\n\0", "image/png"],
    ["a JPEG", "\xff\xd8\xff\xe0\0", "image/jpeg"],
    ["a GIF", "GIF89a\0", "image/gif"],
    ["a WebP", "RIFF\0\0\0\0WEBPVP8 ", "image/webp"]
  ])("knows %s by its first bytes, whatever its name", (_, content, mediaType) => {
    const part = Result.getOrThrow(Attachment.part("picture.txt", bytes(content)))
    assert.strictEqual(part.type, "input_image")
    if (part.type === "input_image") assert.match(part.image_url ?? "", new RegExp(`^data:${mediaType};base64,`))
  })

  it("sends a PDF as a file with its name", () => {
    const part = Result.getOrThrow(Attachment.part("a.pdf", bytes("%PDF-1.7")))
    assert.deepStrictEqual(part, {
      type: "input_file",
      filename: "a.pdf",
      file_data: "data:application/pdf;base64,JVBERi0xLjc="
    })
  })

  it("puts a text under its name", () => {
    const part = Result.getOrThrow(Attachment.part("a \"b\".md", new TextEncoder().encode("Grüße\n")))
    assert.deepStrictEqual(part, { type: "input_text", text: "<file name=\"a \\\"b\\\".md\">\nGrüße\n</file>" })
  })

  it.each([["nothing", ""], ["a text in Latin-1", "Gr\xfc\xdfe"], ["a program", "\x7fELF\0"]])(
    "refuses %s",
    (_, content) => assert.isTrue(Result.isFailure(Attachment.part("a.bin", bytes(content))))
  )
})
