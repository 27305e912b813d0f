import { describe, it } from "@effect/vitest"
import * as Client from "./running.ts"

const programs = [
  ["libraries", "vercel"],
  ["libraries", "langchain"],
  ["libraries", "agents"],
  ["instructor", "instructor"]
] as const

for (const [group, name] of programs) {
  if (!Client.installed(group)) {
    it.skip(Client.missing(group, name))
    continue
  }
  const cases = Object.entries(await Client.load(group, name))
  describe.each(Client.models)(`${name} on %s`, (model) => {
    for (const [promise, one] of cases) it.live(promise, () => Client.perform(one, model))
  })
}
