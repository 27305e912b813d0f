/** Keys that are recognized wherever they turn up, and what looks for them. */
import { Redacted } from "effect"

/** The keys that a gateway of these tests holds or is shown, by whose they are. */
export const keys = {
  openai: "sk-canary-openai-7f3a",
  google: "sk-canary-google-91bd",
  anthropic: "sk-canary-anthropic-c04e",
  gateway: "sk-canary-gateway-5a20"
} as const

export const redacted = (key: keyof typeof keys): Redacted.Redacted<string> => Redacted.make(keys[key])

/** Those of `keys`, and what the other tests give gateways and routers for keys. */
const pattern = /sk-canary-[a-z0-9-]+|sk-upstream-secret|\bsk-test\b/gi

/** The keys that stand in a text, as they are or as an address or base64 holds them. */
export const found = (text: string): ReadonlyArray<string> => [
  ...text.match(pattern) ?? [],
  ...encoded.filter((form) => text.includes(form))
]

/** What base64 makes of the middle of a key, wherever in its three bytes the key begins. */
const encoded: ReadonlyArray<string> = Object.values(keys).flatMap((key) =>
  [0, 1, 2].map((before) => Buffer.from(" ".repeat(before) + key).toString("base64").slice(4, -4))
)
