/**
 * How translators read Responses, the hub: the mirror of the writer. A stream of events, or a whole response, comes out
 * as the same few steps: one item after the other and one part after the other, everything said once, however the
 * backend told it. So whoever writes another format keeps no account of what was already said.
 *
 * What occurs and is evened out: items and parts that are open side by side (what is not yet due waits), a terminal
 * event without `output` or with items that never went by, deltas without a whole and a whole without deltas, indices
 * with gaps or with another meaning in the terminal object, ids that change on the way, and events that come twice.
 * Where a whole contradicts what was streamed, what was streamed stands. Indices are keys and never lengths, and the
 * work is linear in what came.
 *
 * @since 0.1.0
 */
import type { Served, Transducer } from "../../Dialect.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import { type Failure, failureOf, reported } from "./Failure.ts"
import * as Items from "./Items.ts"
import { served } from "./Usage.ts"

/** Something that is said about an answer. After `Open` comes what belongs to that item, up to its `Close`. */
export type Step =
  /** What is known of the answer before anything of it was made; always the first step. */
  | { readonly _tag: "Begin"; readonly response: JsonObject }
  | { readonly _tag: "OpenMessage"; readonly phase: string | undefined }
  | { readonly _tag: "OpenReasoning"; readonly id: string | undefined }
  | { readonly _tag: "OpenCall"; readonly isCustom: boolean; readonly id: string; readonly name: string }
  /** A piece of the text part that is open, or the first of the next; never empty. */
  | { readonly _tag: "Text"; readonly text: string; readonly logprobs: ReadonlyArray<Json.Json> }
  /** A piece of a refusal part; never empty. */
  | { readonly _tag: "Refusal"; readonly text: string }
  /** The open part is whole: its kind, its text and what its text cites. */
  | {
    readonly _tag: "ClosePart"
    readonly kind: PartKind
    readonly text: string
    readonly annotations: ReadonlyArray<JsonObject>
  }
  /** A piece of the summary of a reasoning item; `isNext` where another part of the summary begins with it. */
  | { readonly _tag: "Summary"; readonly text: string; readonly isNext: boolean }
  /** A piece of what a call is made with; never empty. */
  | { readonly _tag: "Input"; readonly text: string }
  | { readonly _tag: "CloseMessage" }
  | { readonly _tag: "CloseReasoning"; readonly id: string | undefined; readonly encrypted: string | undefined }
  | { readonly _tag: "CloseCall"; readonly signature: string | undefined }
  /** A search the provider made itself, whole. */
  | { readonly _tag: "Search"; readonly item: JsonObject }
  /** An item of a kind that has no steps of its own, whole: an image that was made, a call of another tool. */
  | { readonly _tag: "Item"; readonly item: JsonObject }
  /** The last step. */
  | End

/** How an answer ended. */
export interface End {
  readonly _tag: "End"
  /** `completed`, `incomplete` or `failed`; a whole response may say something else. */
  readonly status: string
  readonly incompleteReason: string | undefined
  /** Given where the response is no answer but the report of a failure, and nowhere else. */
  readonly failure: Failure | undefined
  readonly served: Served
  /** The response without its items. */
  readonly response: JsonObject
}

/** What a part of a message holds. */
export type PartKind = "text" | "refusal"

/** Reads one answer. */
export interface ResponsesReader {
  /** What an event adds. After the end nothing does. */
  readonly push: (event: JsonObject) => ReadonlyArray<Step>
  /** What a whole response adds to what was said. */
  readonly finish: (response: JsonObject) => ReadonlyArray<Step>
}

/** Writes another format: it is told an answer step by step, and gives the events that tell it. */
export interface StepWriter {
  readonly write: (step: Step) => void
  /** The events written since the last `take`. */
  readonly take: () => ReadonlyArray<JsonObject>
}

/**
 * The events of another format for those of Responses.
 *
 * @since 0.1.0
 * @category constructors
 */
export const transducer = ({ take, write }: StepWriter): Transducer => {
  const { push } = make()
  return {
    push: (event) => {
      for (const step of push(event)) write(step)
      return take()
    }
  }
}

/**
 * The events of another format for a whole response.
 *
 * @since 0.1.0
 * @category constructors
 */
export const events = (response: JsonObject, { take, write }: StepWriter): ReadonlyArray<JsonObject> => {
  for (const step of make().finish(response)) write(step)
  return take()
}

/** More items than this are no answer; every one of them would cost memory for as long as the stream lasts. */
const maxItems = 10_000

const lifecycle: ReadonlySet<string> = new Set(["response.created", "response.queued", "response.in_progress"])

/** Events that end a stream, and the status they stand for. */
const endings: ReadonlyMap<string, string> = new Map([
  ["response.completed", "completed"],
  ["response.incomplete", "incomplete"],
  ["response.failed", "failed"]
])

/** Events of an item, and the type of the item they belong to; added and done say it themselves. */
const typeOfEvent: ReadonlyMap<string, string | undefined> = new Map([
  ["response.output_item.added", undefined],
  ["response.output_item.done", undefined],
  ["response.content_part.done", "message"],
  ["response.output_text.delta", "message"],
  ["response.output_text.done", "message"],
  ["response.output_text.annotation.added", "message"],
  ["response.refusal.delta", "message"],
  ["response.refusal.done", "message"],
  ["response.reasoning_summary_text.delta", "reasoning"],
  ["response.reasoning_summary_text.done", "reasoning"],
  ["response.function_call_arguments.delta", "function_call"],
  ["response.function_call_arguments.done", "function_call"],
  ["response.custom_tool_call_input.delta", "custom_tool_call"],
  ["response.custom_tool_call_input.done", "custom_tool_call"]
])

/** Whether an event brings a piece of an item's text. */
const isPiece = (type: string): boolean =>
  type === "response.output_text.delta" || type === "response.function_call_arguments.delta"

const typeOf = (value: JsonObject): string => Json.string(value, "type") ?? ""

/** What of a whole text is not said yet; nothing where it contradicts what was said. */
const missing = (said: string, whole: string): string => whole.startsWith(said) ? whole.slice(said.length) : ""

/** A piece of a message or of a summary, as far as it was said. */
interface Part {
  readonly kind: PartKind | "summary"
  text: string
}

/**
 * Finds the parts of a whole item in what was said of it, in order: which said part each of them is (`undefined` for a
 * part that is new), and what of it is missing. One may have been told in pieces of the other.
 */
const align = (said: ReadonlyArray<Part>, whole: ReadonlyArray<Part>) => {
  let at = 0
  let used = 0
  /** Where the said part at `at` is found again, once it was looked for. */
  let place = -1
  let isContradicted = false
  const fits = (begun: string, part: Part): boolean => begun.startsWith(part.text) || part.text.startsWith(begun)
  return whole.map((part, index): { readonly of: Part | undefined; readonly rest: string } => {
    let of = said[at]
    if (of === undefined || of.kind !== part.kind) return { of: undefined, rest: part.text }
    const begun = of.text.slice(used)
    if (!fits(begun, part) && !isContradicted) {
      const { kind } = of
      if (place < index) place = whole.findIndex((later, at) => at > index && later.kind === kind && fits(begun, later))
      isContradicted = place === -1
      if (!isContradicted) return { of: undefined, rest: part.text }
    }
    if (begun.length > part.text.length && begun.startsWith(part.text)) {
      used += part.text.length
      return { of, rest: "" }
    }
    used = 0
    let rest = missing(begun, part.text)
    for (let next = said[++at]; rest !== "" && next?.kind === part.kind && rest.startsWith(next.text);) {
      rest = rest.slice(next.text.length)
      of = next
      next = said[++at]
    }
    return { of, rest }
  })
}

/** Reads one item. */
interface ItemReader {
  readonly event: (event: JsonObject) => void
  /** `whole` is the item as its last event, or the final response, has it; `undefined` where there is no such thing. */
  readonly close: (whole: JsonObject | undefined) => void
}

type Tell = (step: Step) => void

const partOf = (value: JsonObject): (Part & { readonly kind: PartKind }) | undefined => {
  const kind = typeOf(value) === "output_text" ? "text" : typeOf(value) === "refusal" ? "refusal" : undefined
  const text = kind === undefined ? undefined : Json.string(value, kind)
  return kind === undefined || text === undefined || text === "" ? undefined : { kind, text }
}

const messageReader = (added: JsonObject, tell: Tell): ItemReader => {
  tell({ _tag: "OpenMessage", phase: Json.string(added, "phase") })
  const said: Array<Part> = []
  let open: { readonly kind: PartKind; readonly index: number; readonly part: Part } | undefined
  /** By the index of their part, whose text may be empty. */
  const annotations = new Map<number, Array<JsonObject>>()
  const ended = new Set<number>()
  /** Events of parts that are not due, by their index. */
  const held = new Map<number, Array<JsonObject>>()

  const say = (index: number, kind: PartKind, text: string, logprobs: ReadonlyArray<Json.Json> = []): void => {
    if (text === "") return
    if (open !== undefined && open.kind !== kind) {
      end()
      ended.delete(index)
    }
    if (open === undefined) {
      open = { kind, index, part: { kind, text: "" } }
      said.push(open.part)
    }
    open.part.text += text
    tell(kind === "text" ? { _tag: "Text", text, logprobs } : { _tag: "Refusal", text })
  }

  const end = (cited: ReadonlyArray<JsonObject> = []): void => {
    if (open === undefined) return
    const { index, kind, part } = open
    const gathered = annotations.get(index) ?? []
    const found = cited.length < gathered.length ? gathered : cited
    open = undefined
    ended.add(index)
    tell({ _tag: "ClosePart", kind, text: part.text, annotations: found })
  }

  /** Continues with the parts that waited, each until one stays open. */
  const resume = (): void => {
    for (const [index, events] of held) {
      if (open !== undefined) return
      held.delete(index)
      for (const event of events) apply(index, event)
    }
  }

  const apply = (index: number, event: JsonObject): void => {
    const saidOf = open?.part.text ?? ""
    switch (typeOf(event)) {
      case "response.output_text.delta":
        return say(index, "text", Json.string(event, "delta") ?? "", Json.array(event, "logprobs"))
      case "response.refusal.delta":
        return say(index, "refusal", Json.string(event, "delta") ?? "")
      case "response.output_text.done":
        return say(index, "text", missing(saidOf, Json.string(event, "text") ?? ""))
      case "response.refusal.done":
        return say(index, "refusal", missing(saidOf, Json.string(event, "refusal") ?? ""))
      case "response.output_text.annotation.added": {
        const annotation = Json.object(event, "annotation")
        if (annotation === undefined) return
        const gathered = annotations.get(index) ?? []
        annotations.set(index, gathered)
        gathered.push(annotation)
        return
      }
      case "response.content_part.done": {
        const value = Json.object(event, "part") ?? {}
        const part = partOf(value)
        if (part !== undefined) say(index, part.kind, missing(saidOf, part.text), Json.array(value, "logprobs"))
        return end(Json.objects(value, "annotations"))
      }
    }
  }

  return {
    event: (event) => {
      const index = Json.number(event, "content_index") ?? open?.index ?? 0
      if (ended.has(index)) return
      if (open === undefined || open.index === index) {
        apply(index, event)
        if (held.size > 0) resume()
        return
      }
      const events = held.get(index) ?? []
      held.set(index, events)
      events.push(event)
    },
    close: (whole) => {
      const values = Json.objects(whole ?? (said.length === 0 && held.size === 0 ? added : {}), "content")
        .flatMap((value) => {
          const part = partOf(value)
          return part === undefined ? [] : [{ value, part }]
        })
      if (values.length === 0) {
        end()
        for (resume(); held.size > 0; resume()) end()
      }
      const found = align(said, values.map(({ part }) => part))
      const last = open?.part
      for (const [at, { of, rest }] of found.entries()) {
        if (open === undefined || of !== last) continue
        say(open.index, open.kind, rest)
        end(Json.objects(values[at]?.value ?? {}, "annotations"))
      }
      end()
      for (const [at, { part, value }] of values.entries()) {
        const { of, rest } = found[at] ?? { of: undefined, rest: "" }
        if (rest === "" || (of !== undefined && of === last)) continue
        say(-1, part.kind, rest, Json.array(value, "logprobs"))
        end(Json.objects(value, "annotations"))
      }
      tell({ _tag: "CloseMessage" })
    }
  }
}

const reasoningReader = (added: JsonObject, tell: Tell): ItemReader => {
  const id = Json.string(added, "id")
  tell({ _tag: "OpenReasoning", id })
  const said: Array<Part> = []
  let index: number | undefined

  const say = (part: Part | undefined, text: string): void => {
    if (text === "") return
    const to: Part = part ?? { kind: "summary", text: "" }
    if (part === undefined) said.push(to)
    to.text += text
    tell({ _tag: "Summary", text, isNext: part === undefined && said.length > 1 })
  }

  return {
    event: (event) => {
      const at = Json.number(event, "summary_index") ?? index ?? 0
      const part = at === index ? said.at(-1) : undefined
      const isDelta = typeOf(event) === "response.reasoning_summary_text.delta"
      // A whole of another part than the last is one that has gone by.
      if (!isDelta && part === undefined && said.length > 0) return
      const text = Json.string(event, "delta") ?? missing(part?.text ?? "", Json.string(event, "text") ?? "")
      if (text === "") return
      index = at
      say(part, text)
    },
    close: (whole) => {
      const texts = Json.objects(whole ?? added, "summary").map((part) => Json.string(part, "text") ?? "")
      const parts: ReadonlyArray<Part> = texts.flatMap((text) => text === "" ? [] : [{ kind: "summary", text }])
      const last = said.at(-1)
      for (const { of, rest } of align([...said], parts)) say(of !== undefined && of === last ? of : undefined, rest)
      tell({
        _tag: "CloseReasoning",
        id: id ?? (whole === undefined ? undefined : Json.string(whole, "id")),
        // An item's first event may carry another value than its last, and only the last is valid.
        encrypted: whole === undefined ? undefined : Json.string(whole, "encrypted_content")
      })
    }
  }
}

const callReader = (added: JsonObject, tell: Tell): ItemReader => {
  const isCustom = typeOf(added) === "custom_tool_call"
  const member = isCustom ? "input" : "arguments"
  let said = ""
  tell({
    _tag: "OpenCall",
    isCustom,
    id: Json.string(added, "call_id") ?? Json.string(added, "id") ?? "",
    name: Json.string(added, "name") ?? ""
  })
  const say = (text: string): void => {
    if (text === "") return
    said += text
    tell({ _tag: "Input", text })
  }
  return {
    event: (event) => say(Json.string(event, "delta") ?? missing(said, Json.string(event, member) ?? "")),
    close: (whole) => {
      say(missing(said, Json.string(whole ?? added, member) ?? ""))
      tell({ _tag: "CloseCall", signature: whole === undefined ? undefined : Json.string(whole, "signature") })
    }
  }
}

/** The reader of an item by what is known of it. */
const readerOf = (known: JsonObject, tell: Tell): ItemReader | undefined => {
  switch (typeOf(known)) {
    case "message":
      return messageReader(known, tell)
    case "reasoning":
      return reasoningReader(known, tell)
    case "function_call":
    case "custom_tool_call":
      // Nobody could be told of a call without its name; it will be told when it is whole.
      return Json.string(known, "name") === undefined ? undefined : callReader(known, tell)
    case "web_search_call":
      return { event: () => {}, close: (whole) => tell({ _tag: "Search", item: whole ?? known }) }
    case "":
      return undefined
    default:
      return { event: () => {}, close: (whole) => tell({ _tag: "Item", item: whole ?? known }) }
  }
}

/** An item of the stream. */
interface Item {
  readonly index: number | undefined
  /** What is known of it, for finding it again in the final response. */
  known: JsonObject
  /** Whether an event said that it begins: such events come in the order of the items. */
  isAnnounced: boolean
  isClosed: boolean
  reader: ItemReader | undefined
  /** Events that came before its turn. */
  readonly waiting: Array<JsonObject>
}

/**
 * A reader of one answer.
 *
 * @internal
 */
export const make = (): ResponsesReader => {
  let steps: Array<Step> = []
  /** What was known of the answer when it began. */
  let begun: JsonObject | undefined
  let hasEnded = false
  /** In the order in which they were first heard of. */
  const items: Array<Item> = []
  const byIndex = new Map<number, Item>()
  const byId = new Map<string, Item>()
  /** Items whose turn has not come. */
  const queue = new Set<Item>()
  let current: Item | undefined
  /** The index whose turn it is once the current item is whole, and the last that an event announced: all up to it are due. */
  let turn = 0
  let announced = 0

  const begin = (response: JsonObject): void => {
    if (begun !== undefined) return
    begun = response
    steps.push({ _tag: "Begin", response })
  }

  const tell: Tell = (step) => {
    begin({})
    steps.push(step)
  }

  const itemAt = (event: JsonObject, value: JsonObject | undefined): Item => {
    const index = Json.number(event, "output_index")
    const id = Json.string(event, "item_id") ?? (value === undefined ? undefined : Json.string(value, "id"))
    const named = id === undefined ? undefined : byId.get(id)
    const found = index === undefined ? named ?? (id === undefined ? current : undefined) : byIndex.get(index)
    // Some backends give all items one number.
    const isReused = found?.isClosed === true && named === undefined && id !== undefined &&
      typeOf(event) === "response.output_item.added" && Json.string(found.known, "id") !== id
    if (found !== undefined && !isReused) return found
    const type = typeOfEvent.get(typeOf(event))
    const item: Item = {
      index,
      known: Json.compact({ type, id }),
      isAnnounced: false,
      isClosed: false,
      reader: undefined,
      waiting: []
    }
    items.push(item)
    queue.add(item)
    if (index !== undefined) byIndex.set(index, item)
    if (id !== undefined) byId.set(id, item)
    return item
  }

  const close = (item: Item, whole: JsonObject | undefined): void => {
    item.reader ??= readerOf(whole ?? item.known, tell)
    item.reader?.close(whole)
    item.reader = undefined
    item.isClosed = true
    if (item.index !== undefined) turn = item.index + 1
    if (current === item) current = undefined
  }

  const apply = (item: Item, event: JsonObject): void => {
    if (item.isClosed) return
    const value = Json.object(event, "item")
    switch (typeOf(event)) {
      case "response.output_item.added":
        item.reader ??= readerOf(value ?? {}, tell)
        break
      case "response.output_item.done":
        close(item, value ?? {})
        break
      default:
        item.reader ??= readerOf(item.known, tell)
        item.reader?.event(event)
    }
  }

  const isDue = ({ index, isAnnounced }: Item): boolean =>
    isAnnounced || index === undefined || index <= Math.max(turn, announced)

  /** Takes up one waiting item after the other, until one stays open or none is due. */
  const advance = (): void => {
    while (current === undefined) {
      const [first] = queue
      const next = first === undefined || isDue(first) ? first : byIndex.get(turn)
      if (next === undefined || !queue.delete(next)) return
      current = next
      for (const event of next.waiting) apply(next, event)
      next.waiting.length = 0
    }
  }

  const route = (event: JsonObject): void => {
    const value = Json.object(event, "item")
    const item = itemAt(event, value)
    if (item.isClosed) return
    if (items.length > maxItems) {
      const message = `The provider's answer has more than ${maxItems} items.`
      return end(begun ?? {}, "failed", { type: "server_error", code: "server_error", message, param: null })
    }
    if (value !== undefined) {
      item.known = value
      if (typeOf(event) === "response.output_item.added") {
        item.isAnnounced = true
        announced = Math.max(announced, item.index ?? 0)
      }
    }
    if (item === current) apply(item, event)
    else item.waiting.push(event)
    advance()
  }

  const end = (response: JsonObject, status: string, failure: Failure | undefined): void => {
    begin(response)
    hasEnded = true
    const output = Json.objects(response, "output")
    const places = Items.match(items.map(({ known }) => known), output)
    const wholes = new Map(places.flatMap((place, at) => place === undefined ? [] : [[place, output[at]]]))
    const open = items.map((item, place) => ({ item, whole: wholes.get(place) })).filter(({ item }) => !item.isClosed)
    const isLater = ({ item }: { readonly item: Item }) =>
      item === current ? -1 : item.index ?? Number.POSITIVE_INFINITY
    for (const { item, whole } of open.toSorted((one, other) => isLater(one) - isLater(other) || 0)) {
      for (const event of item.waiting) apply(item, event)
      if (!item.isClosed) close(item, whole)
    }
    for (const [at, item] of output.entries()) {
      if (places[at] === undefined) readerOf(item, tell)?.close(item)
    }
    const searches = items.filter(({ known }) => typeOf(known) === "web_search_call").map(({ known }) => known)
    tell({
      _tag: "End",
      status,
      incompleteReason: Json.string(Json.object(response, "incomplete_details") ?? {}, "reason"),
      failure,
      served: served(output.length === 0 ? { ...response, output: searches } : response),
      response
    })
  }

  const finish = (response: JsonObject, status: string): void =>
    end(
      response,
      status,
      reported(response) ?? (status === "failed" ? failureOf(Json.object(response, "error") ?? {}) : undefined)
    )

  const take = (): ReadonlyArray<Step> => {
    const taken = steps
    steps = []
    return taken
  }

  return {
    push: (event) => {
      if (hasEnded) return []
      const type = typeOf(event)
      // Nearly all events are such a piece of the item that is open.
      if (current?.reader !== undefined && isPiece(type) && Json.number(event, "output_index") === current.index) {
        current.reader.event(event)
        return take()
      }
      const ending = endings.get(type)
      if (ending !== undefined) {
        const response = Json.object(event, "response") ?? {}
        finish(response, reported(response) === undefined ? ending : "failed")
      } else if (type === "error") {
        end(begun ?? {}, "failed", failureOf(Json.object(event, "error") ?? { ...event, type: null }))
      } else if (lifecycle.has(type)) begin(Json.object(event, "response") ?? {})
      else if (typeOfEvent.has(type) && Json.string(event, "delta") !== "") route(event)
      return take()
    },
    finish: (response) => {
      if (!hasEnded) finish(response, Json.string(response, "status") ?? "completed")
      return take()
    }
  }
}
