/**
 * Pieces of a prompt on both sides: text, images and documents. Interactions keeps a file's data and its type apart,
 * Responses joins them in a data URL.
 */
import * as Result from "effect/Result"
import type * as Api from "../../api/Interactions.ts"
import type * as Hub from "../../api/Responses.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import type { Translated, Untranslatable } from "../../Dialect.ts"
import * as CacheMarks from "../CacheMarks.ts"
import * as DataUrl from "../DataUrl.ts"

/** A refusal of the caller's `field`; the sentence says why, and what to do instead. */
export const refuse = (field: string, sentence: string): Result.Result<never, Untranslatable> =>
  Result.fail({ field, message: `\`${field}\`: ${sentence}` })

/** The same for what is never left out instead. */
export const refuseEssential = (field: string, sentence: string): Result.Result<never, Untranslatable> =>
  Result.mapError(refuse(field, sentence), (refusal) => ({ ...refusal, isEssential: true }))

/** Translates each value with its place; the first that cannot be translated stops the rest. */
export const each = <A, B>(
  values: ReadonlyArray<A>,
  field: string,
  translate: (value: A, field: string) => Translated<B>
): Translated<ReadonlyArray<B>> => {
  const out: Array<B> = []
  for (const [index, value] of values.entries()) {
    const translated = translate(value, `${field}[${index}]`)
    if (Result.isFailure(translated)) return Result.fail(translated.failure)
    out.push(translated.success)
  }
  return Result.succeed(out)
}

/** The type and the data of a base64 data URL; `undefined` for any other URL. */
const fromDataUrl = (url: string): { readonly mime_type: string; readonly data: string } | undefined => {
  const inline = DataUrl.parse(url)
  return inline === undefined ? undefined : { mime_type: inline.mediaType, data: inline.data }
}

const typeOfExtension: { readonly [extension: string]: string } = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  webp: "image/webp",
  gif: "image/gif",
  heic: "image/heic",
  heif: "image/heif",
  bmp: "image/bmp",
  tiff: "image/tiff",
  pdf: "application/pdf",
  csv: "text/csv",
  txt: "text/plain"
}

/** The media type that the last part of a URL's path, or a file's name, suggests. */
const guessType = (name: string): string | undefined => {
  const extension = /\.([a-z0-9]+)$/.exec((name.split(/[?#]/)[0] ?? "").toLowerCase())?.[1] ?? ""
  return Object.hasOwn(typeOfExtension, extension) ? typeOfExtension[extension] : undefined
}

/** Where the bytes are: in the URL itself, or at it. */
const source = (url: string, name: string, field: string): Translated<JsonObject> => {
  const data = fromDataUrl(url)
  if (data !== undefined) return Result.succeed(data)
  return /^https?:/i.test(url)
    ? Result.succeed(Json.compact({ uri: url, mime_type: guessType(url) ?? guessType(name) }))
    : refuse(field, "It must be an https URL, or a data URL in base64 such as data:image/png;base64,iVBORw0….")
}

const resolutionOf = (detail: string | undefined): string | undefined =>
  detail === "low" || detail === "high" ? detail : undefined

const detailOf = (resolution: string | undefined): "low" | "high" | "auto" =>
  resolution === "low" ? "low" : resolution === "high" || resolution === "ultra_high" ? "high" : "auto"

/** A part of a Responses message or function output as content of Interactions. */
export const fromResponses = (part: Json.Json, field: string): Translated<JsonObject> => {
  if (!Json.isObject(part)) return refuse(field, "Each part must be an object with a type, such as input_text.")
  const type = Json.string(part, "type")
  switch (type) {
    case "input_text":
    case "output_text":
    case "text":
      return Result.succeed({ type: "text", text: Json.string(part, "text") ?? "" })
    case "refusal":
      return Result.succeed({ type: "text", text: Json.string(part, "refusal") ?? "" })
    case "input_image": {
      const url = Json.string(part, "image_url")
      if (url === undefined) return refuse(`${field}.file_id`, foreignFile)
      const resolution = resolutionOf(Json.string(part, "detail"))
      return Result.map(
        source(url, "", `${field}.image_url`),
        (from) => Json.compact({ type: "image", ...from, resolution } satisfies Json.Members<Api.MediaContent>)
      )
    }
    case "input_audio": {
      const audio = Json.object(part, "input_audio") ?? {}
      const format = Json.string(audio, "format") ?? ""
      return audioFormats.has(format)
        ? Result.succeed(
          {
            type: "audio",
            data: Json.string(audio, "data") ?? "",
            mime_type: `audio/${format}`
          } satisfies Json.Members<
            Api.MediaContent
          >
        )
        : refuse(`${field}.input_audio.format`, "It must be wav or mp3.")
    }
    case "input_file": {
      const name = Json.string(part, "filename") ?? ""
      const data = Json.string(part, "file_data")
      const url = Json.string(part, "file_url")
      if (data !== undefined) {
        // OpenAI takes a data URL here, and bare base64 with the type in the name.
        const bare = { data, mime_type: guessType(name) ?? "application/pdf" }
        return Result.succeed(
          { type: "document", ...(fromDataUrl(data) ?? bare) } satisfies Json.Members<Api.MediaContent>
        )
      }
      return url === undefined
        ? refuse(`${field}.file_id`, foreignFile)
        : Result.map(
          source(url, name, `${field}.file_url`),
          (from) => ({ type: "document", ...from } satisfies Json.Members<Api.MediaContent>)
        )
    }
    default:
      return refuse(`${field}.type`, `Gemini cannot be given content of type ${JSON.stringify(type ?? null)}.`)
  }
}

/** The formats that the hub, which has them from OpenAI, knows by name. */
const audioFormats: ReadonlySet<string> = new Set(["wav", "mp3"])

const foreignFile =
  "A file uploaded to another provider cannot be read by Gemini. Send the file itself, as a data URL or an https URL."

/** Content of Interactions as a part of a Responses message; `role` tells the words for text apart. */
export const toResponses = (content: JsonObject, field: string, role: "user" | "assistant"): Translated<JsonObject> =>
  Result.map(partOf(content, field, role), (part) => CacheMarks.keep(content, part))

const partOf = (content: JsonObject, field: string, role: "user" | "assistant"): Translated<JsonObject> => {
  const type = Json.string(content, "type")
  if (type === "text") {
    const text = Json.string(content, "text") ?? ""
    return Result.succeed({ type: role === "user" ? "input_text" : "output_text", text })
  }
  if (role === "user" && type === "audio" && Json.string(content, "data") !== undefined) {
    const format = DataUrl.mediaType(Json.string(content, "mime_type") ?? "").replace("audio/", "")
    return audioFormats.has(format)
      ? Result.succeed({ type: "input_audio", input_audio: { data: Json.string(content, "data") ?? "", format } })
      : refuse(`${field}.mime_type`, "Audio can be given to this model as audio/wav or audio/mp3 only.")
  }
  if (role === "user" && (type === "image" || type === "document")) {
    const data = Json.string(content, "data")
    const uri = Json.string(content, "uri")
    const mediaType = Json.string(content, "mime_type") ?? (type === "image" ? "image/png" : "application/pdf")
    if (data === undefined && uri === undefined) return refuse(`${field}.data`, `The ${type} has neither data nor uri.`)
    if (data === undefined && uri !== undefined && !/^https?:/.test(uri)) {
      return refuse(`${field}.uri`, "Only an https address or the data itself can be given to this model.")
    }
    const url = data === undefined ? uri ?? "" : DataUrl.make(mediaType, data)
    if (type === "image") {
      const detail = detailOf(Json.string(content, "resolution"))
      return Result.succeed({ type: "input_image", image_url: url, detail } satisfies Json.Members<Hub.InputImage>)
    }
    return Result.succeed(
      data === undefined
        ? { type: "input_file", file_url: url } satisfies Json.Members<Hub.InputFile>
        : { type: "input_file", filename: `document.${extensionOf(mediaType)}`, file_data: url } satisfies Json.Members<
          Hub.InputFile
        >
    )
  }
  return refuse(
    `${field}.type`,
    `Content of type ${JSON.stringify(type ?? null)} cannot be given to this model; send text, an image or a document.`
  )
}

const extensionOf = (mediaType: string): string =>
  Object.keys(typeOfExtension).find((extension) => typeOfExtension[extension] === mediaType) ?? "bin"
