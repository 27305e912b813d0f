/**
 * Names of tools and ids of calls that a provider does not take, such as those of MCP servers with `.` and `:` in them,
 * in a form that it does, and back. The form follows from the name alone, so every turn of a conversation has the same;
 * what a form stands for, the request's own tools and calls tell.
 *
 * A form is what can be read of the name and a hash of all of it. A name that only looks like a form gets one too, so that
 * no name is another's.
 */
import type { Accepted, Identifiers } from "../Dialect.ts"
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"

/** Two lanes of 32 bits over the text, as 14 letters and digits. */
const hash = (text: string): string => {
  let one = 0xdeadbeef
  let other = 0x41c6ce57
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    one = Math.imul(one ^ code, 0x9e3779b1)
    other = Math.imul(other ^ code, 0x5f356495)
  }
  const mixed = Math.imul(one ^ (one >>> 16), 0x85ebca6b) ^ Math.imul(other ^ (other >>> 13), 0xc2b2ae35)
  const mixedOther = Math.imul(other ^ (other >>> 16), 0x85ebca6b) ^ Math.imul(one ^ (one >>> 13), 0xc2b2ae35)
  return [mixed, mixedOther].map((lane) => (lane >>> 0).toString(36).padStart(7, "0")).join("")
}

const separator = "--"
const isForm = /--[0-9a-z]{14}$/

/** The name as the provider takes it: itself, where it can. */
export const formOf = (name: string, { length, pattern }: Accepted): string => {
  if (name.length <= length && pattern.test(name) && !isForm.test(name)) return name
  const tail = separator + hash(name)
  const readable = name.slice(0, length).replaceAll(/[^a-zA-Z0-9_-]/g, "_")
  const stem = /^[a-zA-Z_]/.test(readable) ? readable : `_${readable}`
  return stem.slice(0, length - tail.length) + tail
}

interface Change {
  readonly name: (name: string) => string
  readonly id: (id: string) => string
}

/** An object with some of its texts changed; the same object where none is. */
const changed = (
  value: JsonObject,
  members: { readonly [member: string]: (text: string) => string }
): JsonObject => {
  const now = Object.entries(members).flatMap(([member, change]) => {
    const text = Json.string(value, member)
    const other = text === undefined ? undefined : change(text)
    return other === undefined || other === text ? [] : [[member, other] as const]
  })
  return now.length === 0 ? value : { ...value, ...Object.fromEntries(now) }
}

const isNamed = (value: JsonObject): boolean => {
  const type = Json.string(value, "type")
  return type === "function" || type === "custom"
}

const tool = (value: Json.Json, { name }: Change): Json.Json =>
  Json.isObject(value) && isNamed(value) ? changed(value, { name }) : value

const item = (value: Json.Json, { id, name }: Change): Json.Json => {
  if (!Json.isObject(value)) return value
  switch (Json.string(value, "type")) {
    case "function_call":
    case "custom_tool_call":
      return changed(value, { name, call_id: id })
    case "function_call_output":
    case "custom_tool_call_output":
      return changed(value, { call_id: id })
    default:
      return value
  }
}

const each = (
  value: JsonObject,
  member: string,
  change: Change,
  of: (value: Json.Json, change: Change) => Json.Json
): JsonObject => {
  const list = Json.array(value, member)
  const now = list?.map((element) => of(element, change))
  return now === undefined || now.every((element, index) => element === list?.[index])
    ? value
    : { ...value, [member]: now }
}

const choice = (request: JsonObject, change: Change): JsonObject => {
  const chosen = Json.object(request, "tool_choice")
  if (chosen === undefined) return request
  const named = tool(chosen, change)
  const now = Json.isObject(named) ? each(named, "tools", change, tool) : chosen
  return now === chosen ? request : { ...request, tool_choice: now }
}

const requestWith = (request: JsonObject, change: Change): JsonObject =>
  each(each(choice(request, change), "tools", change, tool), "input", change, item)

/** A request in the hub's form with the names and ids that its provider takes. */
export const toWire = (request: JsonObject, { ids, names }: Identifiers): JsonObject =>
  requestWith(request, { name: (name) => formOf(name, names), id: (id) => ids === undefined ? id : formOf(id, ids) })

/** Puts the caller's own names and ids back into an answer in the hub's form. */
export interface Restored {
  readonly response: (response: JsonObject) => JsonObject
  readonly event: (event: JsonObject) => JsonObject
}

/** How answers to this request, in the hub's form, are restored; `undefined` where all its names went as they are. */
export const restored = (request: JsonObject, { ids, names }: Identifiers): Restored | undefined => {
  const own: { readonly [kind in keyof Change]: Map<string, string> } = { name: new Map(), id: new Map() }
  const noting = (kind: keyof Change, accepted: Accepted | undefined) => (text: string): string => {
    const form = accepted === undefined ? text : formOf(text, accepted)
    if (form !== text) own[kind].set(form, text)
    return text
  }
  requestWith(request, { name: noting("name", names), id: noting("id", ids) })
  if (own.name.size === 0 && own.id.size === 0) return undefined
  const change: Change = { name: (form) => own.name.get(form) ?? form, id: (form) => own.id.get(form) ?? form }
  const response = (response: JsonObject): JsonObject => each(response, "output", change, item)
  return {
    response,
    event: (event) => {
      const one = Json.object(event, "item")
      const whole = Json.object(event, "response")
      const named = changed(event, { name: change.name })
      return one !== undefined
        ? { ...named, item: item(one, change) }
        : whole !== undefined
        ? { ...named, response: response(whole) }
        : named
    }
  }
}
