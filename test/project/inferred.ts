/** What a service exports without writing a type: every type here is inferred, and its declaration has to name it. */
import { Effect, Layer, Redacted, Stream } from "effect"
import { FetchHttpClient } from "effect/http"
import { FlexInference, ModelCatalog, Router, StartWithin } from "effect-flexinference"
import { Behavior, Script, Simulator } from "effect-flexinference/testing"

const surfaces = Effect.service(FlexInference.FlexInference)
const turn = [{ role: "user", content: "Hi" }] as const

export const response = Effect.flatMap(
  surfaces,
  ({ responses }) => responses.create({ model: "gpt-5.5", input: "Hi", start_within: "default" })
)
export const completion = Effect.flatMap(
  surfaces,
  ({ chat }) => chat.completions.create({ model: "gpt-5.5", messages: turn, start_within: "default" })
)
export const interaction = Effect.flatMap(
  surfaces,
  ({ interactions }) => interactions.create({ model: "gemini-3.5-flash", input: "Hi", start_within: "default" })
)
export const message = Effect.flatMap(
  surfaces,
  ({ messages }) => messages.create({ model: "claude-opus-5", messages: turn, start_within: "default" })
)
export const bodies = Effect.all({ response, completion, interaction, message })

export const item = Effect.map(response, ({ output }) => output[0])
export const items = Effect.map(response, ({ output }) => output.filter((found) => found.type === "reasoning"))
export const choice = Effect.map(completion, ({ choices }) => choices[0])
export const step = Effect.map(interaction, ({ steps }) => steps?.[0])
export const block = Effect.map(message, ({ content }) => content[0])
export const usages = Effect.map(bodies, (all) => [
  all.response.usage,
  all.completion.usage,
  all.interaction.usage,
  all.message.usage
])

export const events = Stream.unwrap(
  Effect.map(surfaces, ({ responses }) => responses.stream({ model: "gpt-5.5", input: "Hi", start_within: "auto" }))
)
export const deltas = Stream.filter(events, (event) => event.type === "response.output_text.delta")
export const everyEvent = Effect.map(surfaces, ({ chat, interactions, messages }) => ({
  chunks: chat.completions.stream({ model: "gpt-5.5", messages: turn, start_within: "auto" }),
  steps: interactions.stream({ model: "gemini-3.5-flash", input: "Hi", start_within: "auto" }),
  blocks: messages.stream({ model: "claude-opus-5", messages: turn, start_within: "auto" })
}))
export const opened = Effect.flatMap(
  surfaces,
  ({ responses }) => responses.open({ model: "gpt-5.5", input: "Hi", start_within: "00h-00m-30s" })
)

export const failures = response.pipe(Effect.flip)
export const reasons = Effect.map(failures, ({ reason }) => reason)
export const problems = Effect.map(reasons, (reason) => reason._tag === "InvalidRequest" ? reason.problems : [])
export const caught = response.pipe(Effect.catchTag("FlexInferenceError", (error) => Effect.succeed(error.reason)))

export const answer = Effect.flatMap(Effect.service(Router.Router), (router) => router.open("responses", "{}"))
export const frames = Effect.map(answer, (found) => found._tag === "Stream" ? found.frames : Stream.empty)
export const body = Effect.map(answer, (found) => found._tag === "Body" ? found.value : undefined)
export const models = Array.from(ModelCatalog.builtIn.models.values())
export const window = StartWithin.fromDuration("30 seconds")

export const layer = FlexInference.layer({ openai: { apiKey: Redacted.make("sk") } }).pipe(
  Layer.provideMerge(FetchHttpClient.layer)
)
export const fromConfig = FlexInference.layerConfig()
export const hosted = FlexInference.layerHosted({ apiKey: Redacted.make("flex_live_") })
export const routed = FlexInference.layerRouter
export const surface = Effect.map(surfaces, ({ responses }) => responses)
export const ask = (input: string, options?: FlexInference.CallOptions) =>
  Effect.flatMap(
    surfaces,
    ({ responses }) => responses.create({ model: "gpt-5.5", input, start_within: "default" }, options)
  )

export const simulated = Simulator.layer({ script: Script.always(Behavior.answer({ text: "Hi" })) })
export const calls = Effect.flatMap(Effect.service(Simulator.Simulator), (simulator) => simulator.ledger)
