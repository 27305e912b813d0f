/**
 * The programs of Effect's own documentation of `effect/ai`, with the lines that name a provider changed and nothing
 * else, on this package as it is built.
 */
import { assert, describe, it } from "@effect/vitest"
import { type Context, Effect, type Layer, Predicate, Stream } from "effect"
import { transformSync } from "esbuild"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { pathToFileURL } from "node:url"
import { afterAll } from "vitest"

const root = path.resolve(import.meta.dirname, "..", "..")
const documented = path.join(root, "node_modules", "effect", "ai-docs", "src", "71_ai")
const folder = mkdtempSync(path.join(tmpdir(), "flexinference-ai-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const provider = `import { Redacted } from "effect"
import { FlexInference } from "effect-flexinference"
import { FlexLanguageModel, FlexTool } from "effect-flexinference/ai"
import { Simulator } from "effect-flexinference/testing"
const key = { apiKey: Redacted.make("test") }
const Client = FlexInference.layer({ openai: key, anthropic: key }).pipe(Layer.provide(Simulator.layer()))
`

/** A program of the documentation with its provider lines changed. */
const changed = (text: string): string =>
  provider + text
    .replaceAll(/^import \{[^}]*\} from "@effect\/ai-\w+"\n/gm, "")
    .replaceAll(/^const (\w+ClientLayer) = [^]*?FetchHttpClient\.layer\)\n?\)?$/gm, "const $1 = Client")
    .replaceAll(/\b(?:OpenAi|Anthropic)LanguageModel\b/g, "FlexLanguageModel")
    .replaceAll(/\bOpenAiTool\b/g, "FlexTool")

const install = () => {
  const modules = path.join(folder, "node_modules")
  const own = path.join(modules, "effect-flexinference")
  mkdirSync(own, { recursive: true })
  symlinkSync(path.join(root, "node_modules", "effect"), path.join(modules, "effect"))
  cpSync(path.join(root, "package.json"), path.join(own, "package.json"))
  symlinkSync(path.join(root, "dist"), path.join(own, "dist"))
}

const compile = (text: string): string => transformSync(text, { loader: "ts", format: "esm", target: "es2022" }).code

const load = (name: string): Promise<{ readonly [name: string]: unknown }> => {
  const text = changed(readFileSync(path.join(documented, name), "utf8"))
  assert.notMatch(text, /from "@effect\/ai-|FetchHttpClient\.layer/)
  const file = path.join(folder, name.replace(/\.ts$/, ".mjs"))
  writeFileSync(file, compile(text).replaceAll(/("\.[^"]+)\.ts"/g, "$1.mjs\""))
  return import(pathToFileURL(file).href)
}

/** A service of a program, with the layer that it brings. */
interface Service<Shape> extends Context.Service<object, Shape> {
  readonly layer: Layer.Layer<object>
}

/** What the shape is, the documentation says. */
const isService = <Shape>(value: unknown): value is Service<Shape> => Predicate.hasProperty(value, "layer")

const run = <Shape, A, E>(name: string, service: string, use: (shape: Shape) => Effect.Effect<A, E>) =>
  Effect.gen(function*() {
    const loaded = yield* Effect.promise(() => load(name))
    const tag = loaded[service]
    if (!isService<Shape>(tag)) return yield* Effect.die(new Error(`${name} has no service ${service}`))
    return yield* Effect.provide(Effect.flatMap(tag, use), tag.layer)
  })

describe("a program of Effect's documentation runs", () => {
  install()
  const fixtures = path.join(folder, "fixtures", "domain")
  mkdirSync(fixtures, { recursive: true })
  writeFileSync(
    path.join(fixtures, "LaunchPlan.mjs"),
    compile(readFileSync(path.join(documented, "fixtures", "domain", "LaunchPlan.ts"), "utf8"))
  )

  interface AiWriter {
    readonly draftAnnouncement: (product: string) => Effect.Effect<{ readonly provider: string; readonly text: string }>
    readonly extractLaunchPlan: (notes: string) => Effect.Effect<{ readonly audience: string }>
    readonly streamReleaseHighlights: (version: string) => Stream.Stream<string>
  }

  it.effect("text, objects and streams, over two providers", () =>
    run("10_language-model.ts", "AiWriter", (writer: AiWriter) =>
      Effect.gen(function*() {
        const draft = yield* writer.draftAnnouncement("Effect Cloud")
        assert.strictEqual(draft.provider, "flexinference")
        assert.include(draft.text, "Effect Cloud")
        assert.strictEqual((yield* writer.extractLaunchPlan("Soon.")).audience, "developers")
        const highlights = yield* Stream.mkString(writer.streamReleaseHighlights("4.1"))
        assert.include(highlights, "4.1")
      })))

  interface ProductAssistant {
    readonly answer: (question: string) => Effect.Effect<{ readonly text: string; readonly toolCallCount: number }>
  }

  it.effect("tools, one of them the provider's own", () =>
    run("20_tools.ts", "ProductAssistant", (assistant: ProductAssistant) =>
      Effect.gen(function*() {
        const { toolCallCount } = yield* assistant.answer("Use GetInventory.")
        assert.strictEqual(toolCallCount, 1)
      })))

  interface AiAssistant {
    readonly chat: (message: string) => Effect.Effect<string>
    readonly agent: (question: string) => Effect.Effect<string>
  }

  it.effect("chats, and an agent that calls its tools until it knows", () =>
    run("30_chat.ts", "AiAssistant", (assistant: AiAssistant) =>
      Effect.gen(function*() {
        assert.include(yield* assistant.chat("Hello there"), "Hello there")
        assert.include(yield* assistant.agent("What does getCurrentTime say?"), "What does getCurrentTime say?")
      })))
})
