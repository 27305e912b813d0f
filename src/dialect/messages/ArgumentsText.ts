/**
 * The arguments of a call as they arrive: JSON text without the white space between its tokens. A streamed call and
 * the same call in a whole body, where the arguments are an object, then read the same in the hub. What a call holds
 * that was cut off is no JSON, and stays as it came.
 */

export interface ArgumentsText {
  /** The next piece, without its insignificant white space. */
  readonly push: (piece: string) => string
}

export const make = (): ArgumentsText => {
  let isInString = false
  let isEscaped = false
  return {
    push: (piece) => {
      let out = ""
      for (const char of piece) {
        if (isInString) {
          if (isEscaped) isEscaped = false
          else if (char === "\\") isEscaped = true
          else if (char === "\"") isInString = false
          out += char
        } else if (char !== " " && char !== "\n" && char !== "\t" && char !== "\r") {
          if (char === "\"") isInString = true
          out += char
        }
      }
      return out
    }
  }
}
