/** Files that travel inside a request: base64 data URLs, and the media types in them. */

/** Names that many say and no registry knows; every vendor's API refuses some of them. */
const registered: { readonly [name: string]: string } = {
  "image/jpg": "image/jpeg",
  "image/pjpeg": "image/jpeg",
  "image/x-png": "image/png",
  "application/x-pdf": "application/pdf",
  "audio/x-wav": "audio/wav",
  "audio/wave": "audio/wav",
  "audio/mpeg": "audio/mp3"
}

/** A media type by its registered name, in lower case. */
export const mediaType = (name: string): string => {
  const lower = name.trim().toLowerCase()
  return Object.hasOwn(registered, lower) ? registered[lower] ?? lower : lower
}

/** The media type and the payload of a base64 data URL; `undefined` for any other URL. */
export const parse = (url: string): { readonly mediaType: string; readonly data: string } | undefined => {
  const match = /^data:([^;,]*)(?:;[^;,]+)*;base64,/i.exec(url.slice(0, 256))
  return match === null ? undefined : { mediaType: mediaType(match[1] ?? ""), data: url.slice(match[0].length) }
}

export const make = (type: string, data: string): string => `data:${mediaType(type)};base64,${data}`
