/**
 * Gathers a stream of Interactions into the body a non-streaming call would have had: `interaction.completed` carries
 * everything but the steps, and the steps are built from `step.start` and the deltas after it.
 */
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import * as JsonSource from "../../wire/JsonSource.ts"
import type { Collector } from "../../Dialect.ts"
import { finalOf, typeOf } from "./Event.ts"

/** A piece of a step's content while it grows: text and what is cited in it, or anything else as it came. */
interface Block {
  readonly start: JsonObject
  text: string | undefined
  readonly annotations: Array<JsonObject>
}

/** A step while it grows; what reads along keeps its place in these lists. */
export interface Growing {
  readonly start: JsonObject
  readonly content: Array<Block>
  readonly summary: Array<Block>
  /** Members that deltas added. */
  readonly added: Map<string, Json.Json | Array<Json.Json>>
  /** A call's arguments as text; an object only once they are whole. */
  argumentsText: string
}

/** A collector that also shows the steps while they grow. */
export interface StepCollector extends Collector {
  /** The step with the provider's index, as far as it has come. */
  readonly stepAt: (index: number) => Growing | undefined
}

/** A call's arguments: JSON text becomes an object; text that is none stays what it is. */
export const argumentsOf = (text: string): Json.Json => text === "" ? {} : JsonSource.parseObject(text) ?? text

const blockOf = (start: JsonObject): Block => ({
  start,
  text: Json.string(start, "type") === "text" ? Json.string(start, "text") ?? "" : undefined,
  annotations: [...Json.objects(start, "annotations")]
})

/** A step as it begins. */
export const begin = (start: JsonObject): Growing => ({
  start,
  content: Json.objects(start, "content").map(blockOf),
  summary: Json.objects(start, "summary").map(blockOf),
  added: new Map(),
  argumentsText: ""
})

/** The last block, if it is one of text, or a new one. */
const textBlock = (blocks: Array<Block>): Block => {
  const last = blocks.at(-1)
  if (last?.text !== undefined) return last
  const made = blockOf({ type: "text", text: "" })
  blocks.push(made)
  return made
}

const addText = (blocks: Array<Block>, text: string): void => {
  const block = textBlock(blocks)
  block.text = (block.text ?? "") + text
}

/** Adds the members of a delta to a step: lists grow, an empty string never replaces anything. */
const merge = ({ added, start }: Growing, delta: JsonObject): void => {
  for (const [name, value] of Object.entries(delta)) {
    if (name === "type") continue
    const own = added.get(name)
    const before = own ?? (Object.hasOwn(start, name) ? start[name] : undefined)
    if (!Json.isArray(value) || !Json.isArray(before)) {
      if (value !== "") added.set(name, Json.isArray(value) ? [...value] : value)
    } else if (own !== undefined && Array.isArray(own)) {
      for (const element of value) own.push(element)
    } else {
      added.set(name, [...before, ...value])
    }
  }
}

const grow = (step: Growing, delta: JsonObject): void => {
  switch (Json.string(delta, "type")) {
    case "text":
      return addText(step.content, Json.string(delta, "text") ?? "")
    case "text_annotation_delta": {
      const { annotations } = textBlock(step.content)
      for (const annotation of Json.objects(delta, "annotations")) annotations.push(annotation)
      return
    }
    case "thought_summary": {
      const content = Json.object(delta, "content") ?? { type: "text", text: "" }
      const text = Json.string(content, "type") === "text" ? Json.string(content, "text") : undefined
      if (text === undefined) step.summary.push(blockOf(content))
      else addText(step.summary, text)
      return
    }
    case "arguments_delta": {
      const piece = Json.string(delta, "arguments")
      if (piece === undefined) merge(step, delta)
      else step.argumentsText += piece
      return
    }
    default:
      // Images, audio and whatever is added later are content of an output; all else describes its step.
      if (Json.string(step.start, "type") === "model_output") step.content.push(blockOf(delta))
      else merge(step, delta)
  }
}

const wholeBlock = ({ annotations, start, text }: Block): JsonObject =>
  text === undefined ? start : annotations.length === 0 ? { ...start, text } : { ...start, text, annotations }

const withoutEmpty = (value: JsonObject, key: string): JsonObject =>
  Json.string(value, key) === "" ? Object.fromEntries(Object.entries(value).filter(([name]) => name !== key)) : value

/** The step as a whole body has it, which leaves out an empty signature. */
export const whole = ({ added, argumentsText, content, start, summary }: Growing): JsonObject => {
  const step = Json.compact({
    ...start,
    ...Object.fromEntries(added),
    content: content.length === 0 ? start["content"] : content.map(wholeBlock),
    summary: summary.length === 0 ? start["summary"] : summary.map(wholeBlock)
  })
  return withoutEmpty(argumentsText === "" ? step : { ...step, arguments: argumentsOf(argumentsText) }, "signature")
}

export const make = (): StepCollector => {
  // By the provider's own index, in the order in which the steps began.
  const steps = new Map<number, Growing>()
  let body: JsonObject | undefined

  const stepAt = (index: number): Growing => {
    const found = steps.get(index)
    if (found !== undefined) return found
    const made = begin({ type: "model_output" })
    steps.set(index, made)
    return made
  }

  const add = (event: JsonObject): void => {
    const index = Json.number(event, "index") ?? 0
    const interaction = finalOf(event)
    switch (typeOf(event)) {
      case "step.start":
        steps.set(index, begin(Json.object(event, "step") ?? {}))
        break
      case "step.delta":
        grow(stepAt(index), Json.object(event, "delta") ?? {})
        break
      default:
        if (interaction === undefined) break
        body = withoutEmpty(interaction, "id")
        if (steps.size > 0 || Json.array(interaction, "steps") === undefined) {
          body = { ...body, steps: [...steps.values()].map(whole) }
        }
    }
  }

  return { add, body: () => body, stepAt: (index) => steps.get(index) }
}
