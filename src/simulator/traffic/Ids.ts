/**
 * Identifiers and other opaque strings in the shapes providers give them. They are functions of a seed: the same seed
 * and label give the same string.
 */
import * as Hash from "effect/Hash"

export const hex = "0123456789abcdef"
export const base62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
export const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
export const base64url = `${base62}-_`
export const base36 = "0123456789abcdefghijklmnopqrstuvwxyz"

/** `length` characters of `alphabet`, by xorshift over a hash of the seed. */
export const opaque = (seed: string, alphabet: string, length: number): string => {
  let state = Hash.string(seed) | 1
  let out = ""
  for (let index = 0; index < length; index++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    out += alphabet.charAt((state >>> 8) % alphabet.length)
  }
  return out
}
