/** A file as a part of the prompt: a picture or a PDF by its first bytes, everything else as the text it has to be. */
import * as Base64 from "effect/encoding/Base64"
import * as Result from "effect/Result"
import type { InputFile, InputImage, InputText } from "../../api/Responses.ts"

export type Part = InputText | InputImage | InputFile

/** What `part` takes, for whoever gave something else. */
export const accepted = "a text in UTF-8, a picture (PNG, JPEG, GIF, WebP) or a PDF"

const begins = (bytes: Uint8Array, signature: string, at = 0): boolean =>
  bytes.length >= at + signature.length &&
  Array.from(signature).every((letter, index) => bytes[at + index] === letter.charCodeAt(0))

/** The media type that the first bytes show; a name may be wrong, and a pipe has none. */
const mediaTypeOf = (bytes: Uint8Array): string | undefined => {
  if (begins(bytes, "\x89PNG\r\n\x1a\n")) return "image/png"
  if (begins(bytes, "\xff\xd8\xff")) return "image/jpeg"
  if (begins(bytes, "GIF8")) return "image/gif"
  if (begins(bytes, "RIFF") && begins(bytes, "WEBP", 8)) return "image/webp"
  return begins(bytes, "%PDF-") ? "application/pdf" : undefined
}

/** The text that the bytes are; none where they are no UTF-8, or hold what no text does. */
export const textOf = (bytes: Uint8Array): string | undefined => {
  if (bytes.includes(0)) return undefined
  const text = Result.try(() => new TextDecoder("utf-8", { fatal: true }).decode(bytes))
  return Result.getOrUndefined(text)
}

const dataUrl = (mediaType: string, bytes: Uint8Array): string => `data:${mediaType};base64,${Base64.encode(bytes)}`

/** The part, or what is wrong with the file. */
export const part = (name: string, bytes: Uint8Array): Result.Result<Part, string> => {
  if (bytes.length === 0) return Result.fail(`${name} is empty`)
  const mediaType = mediaTypeOf(bytes)
  if (mediaType === "application/pdf") {
    return Result.succeed({ type: "input_file", filename: name, file_data: dataUrl(mediaType, bytes) })
  }
  if (mediaType !== undefined) return Result.succeed({ type: "input_image", image_url: dataUrl(mediaType, bytes) })
  const text = textOf(bytes)
  return text === undefined
    ? Result.fail(`${name} is not ${accepted}`)
    : Result.succeed({ type: "input_text", text: `<file name=${JSON.stringify(name)}>\n${text.trimEnd()}\n</file>` })
}
