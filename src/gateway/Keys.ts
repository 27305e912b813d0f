/** The keys of a gateway as records: whose each is, and what whoever carries it may do. */
import * as Redacted from "effect/Redacted"
import { createHash } from "node:crypto"
import type { StartWithin } from "../StartWithin.ts"

/** A key with a name. */
export interface Key {
  /** What it is called in records and limits, and who owns what was kept for it. */
  readonly name: string
  /** The key itself, or else its `sha256`. */
  readonly key?: Redacted.Redacted<string> | undefined
  /** The SHA-256 of the key's UTF-8 bytes in hexadecimal, where the key itself is not to be written down. */
  readonly sha256?: string | undefined
  /** What a request of it without `start_within` gets, before the gateway's own default. */
  readonly defaultStartWithin?: StartWithin | undefined
  /**
   * The models and aliases it may ask for, `*` standing for anything; every other is to it as if there were none.
   * @default all
   */
  readonly models?: ReadonlyArray<string> | undefined
  /** How many requests it may begin in a minute; as many at once. */
  readonly requestsPerMinute?: number | undefined
  /** How many of its requests may wait for flex at the same time; one more is served at standard at once. */
  readonly raceSlots?: number | undefined
  /** What it may spend in a day (UTC), by the price list, in micro-USD. */
  readonly dailyBudgetMicroUsd?: number | undefined
}

/** A key by itself is enough; it is then called by a digest of it. */
export type Given = Redacted.Redacted<string> | Key

/** A key as it is compared: by a digest, which is of one length, as constant time demands, and tells nothing of the key. */
export interface Entry {
  readonly owner: string
  readonly digest: Buffer
  readonly key: Key | undefined
}

/** What is compared. Halves of a pair, which UTF-8 cannot tell apart, are told apart. */
export const digest = (key: string): Buffer =>
  createHash("sha256").update(key, /\p{Surrogate}/u.test(key) ? "utf16le" : "utf8").digest()

/** A key that can be compared; `undefined` where no request could carry it. White space around it is none of it. */
export const entry = (given: Given): Entry | undefined => {
  if (Redacted.isRedacted(given)) {
    const own = digestOf(given)
    return own && { owner: own.toString("base64url"), digest: own, key: undefined }
  }
  const own = given.key === undefined ? hashed(given.sha256 ?? "") : digestOf(given.key)
  return own && { owner: given.name, digest: own, key: given }
}

const digestOf = (key: Redacted.Redacted<string>): Buffer | undefined => {
  const text = Redacted.value(key).trim()
  return /^\S+$/.test(text) ? digest(text) : undefined
}

const hashed = (hex: string): Buffer | undefined => /^[0-9a-f]{64}$/i.test(hex) ? Buffer.from(hex, "hex") : undefined

/** Whether a name matches one of the patterns, in which `*` stands for anything. */
export const matches = (patterns: ReadonlyArray<string>): (name: string) => boolean => {
  const whole = patterns.map((pattern) =>
    new RegExp(`^${pattern.split("*").map((part) => part.replaceAll(/[\\^$.+?()[\]{}|]/g, "\\$&")).join(".*")}$`, "s")
  )
  return (name) => whole.some((pattern) => pattern.test(name))
}
