/**
 * Gathers a stream of Interactions into the body a non-streaming call would have had: `interaction.completed` carries
 * everything but the steps, and the steps are built from `step.start` and the deltas after it.
 */
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import * as JsonSource from "../../wire/JsonSource.ts"
import type { Collector } from "../../Dialect.ts"
import { finalOf, typeOf } from "./Event.ts"

/** A collector that also shows the steps while they grow. */
export interface StepCollector extends Collector {
  /** The step with the provider's index, as far as it has come. A call's arguments come when it is whole. */
  readonly stepAt: (index: number) => JsonObject | undefined
}

/** A call's arguments: JSON text becomes an object; text that is none stays what it is. */
export const argumentsOf = (text: string): Json.Json => text === "" ? {} : JsonSource.parseObject(text) ?? text

/** Appends text to the last block, or begins a block where the last is none of text. */
const appendText = (blocks: ReadonlyArray<JsonObject>, text: string): ReadonlyArray<JsonObject> => {
  const last = blocks.at(-1)
  return last !== undefined && Json.string(last, "type") === "text"
    ? [...blocks.slice(0, -1), { ...last, text: (Json.string(last, "text") ?? "") + text }]
    : [...blocks, { type: "text", text }]
}

const annotate = (
  blocks: ReadonlyArray<JsonObject>,
  annotations: ReadonlyArray<JsonObject>
): ReadonlyArray<JsonObject> => {
  const last = blocks.at(-1)
  return last !== undefined && Json.string(last, "type") === "text"
    ? [...blocks.slice(0, -1), { ...last, annotations: [...Json.objects(last, "annotations"), ...annotations] }]
    : [...blocks, { type: "text", text: "", annotations }]
}

const appendBlock = (blocks: ReadonlyArray<JsonObject>, block: JsonObject): ReadonlyArray<JsonObject> => {
  const text = Json.string(block, "type") === "text" ? Json.string(block, "text") : undefined
  return text === undefined ? [...blocks, block] : appendText(blocks, text)
}

/** Adds the members of a delta to a step: lists grow, an empty string never replaces anything. */
const merge = (step: JsonObject, delta: JsonObject): JsonObject => {
  const out = new Map(Object.entries(step))
  for (const [name, value] of Object.entries(delta)) {
    if (name === "type") continue
    const before = out.get(name)
    if (Json.isArray(before) && Json.isArray(value)) out.set(name, [...before, ...value])
    else if (value !== "") out.set(name, value)
  }
  return Object.fromEntries(out)
}

const applyDelta = (step: JsonObject, delta: JsonObject): JsonObject => {
  const content = Json.objects(step, "content")
  switch (Json.string(delta, "type")) {
    case "text":
      return { ...step, content: appendText(content, Json.string(delta, "text") ?? "") }
    case "text_annotation_delta":
      return { ...step, content: annotate(content, Json.objects(delta, "annotations")) }
    case "thought_summary":
      return {
        ...step,
        summary: appendBlock(Json.objects(step, "summary"), Json.object(delta, "content") ?? { type: "text", text: "" })
      }
    default:
      // Images, audio and whatever is added later are content of an output; all else describes its step.
      return Json.string(step, "type") === "model_output"
        ? { ...step, content: [...content, delta] }
        : merge(step, delta)
  }
}

/** A step while it grows; a call's arguments are text until it is whole. */
interface Growing {
  readonly step: JsonObject
  readonly argumentsText: string
}

const withoutEmpty = (value: JsonObject, key: string): JsonObject =>
  Json.string(value, key) === "" ? Object.fromEntries(Object.entries(value).filter(([name]) => name !== key)) : value

const grow = ({ argumentsText, step }: Growing, delta: JsonObject): Growing => {
  const part = Json.string(delta, "type") === "arguments_delta" ? Json.string(delta, "arguments") : undefined
  return part === undefined
    ? { step: applyDelta(step, delta), argumentsText }
    : { step, argumentsText: argumentsText + part }
}

/** The step as a whole body has it, which leaves out an empty signature. */
const finish = ({ argumentsText, step }: Growing): Growing => ({
  step: withoutEmpty(argumentsText === "" ? step : { ...step, arguments: argumentsOf(argumentsText) }, "signature"),
  argumentsText: ""
})

export const make = (): StepCollector => {
  // By the provider's own index, in the order in which the steps began.
  const steps = new Map<number, Growing>()
  let body: JsonObject | undefined

  const add = (event: JsonObject): void => {
    const index = Json.number(event, "index") ?? 0
    const growing = steps.get(index)
    const type = typeOf(event)
    const interaction = finalOf(event)
    if (type === "step.start") {
      steps.set(index, { step: Json.object(event, "step") ?? {}, argumentsText: "" })
    } else if (type === "step.delta") {
      steps.set(
        index,
        grow(growing ?? { step: { type: "model_output" }, argumentsText: "" }, Json.object(event, "delta") ?? {})
      )
    } else if (type === "step.stop") {
      if (growing !== undefined) steps.set(index, finish(growing))
    } else if (interaction !== undefined) {
      for (const [at, unstopped] of steps) steps.set(at, finish(unstopped))
      const identified = withoutEmpty(interaction, "id")
      body = steps.size === 0 && Json.array(interaction, "steps") !== undefined
        ? identified
        : { ...identified, steps: [...steps.values()].map(({ step }) => step) }
    }
  }

  return { add, body: () => body, stepAt: (index) => steps.get(index)?.step }
}
