/** Leaving a field out of a request by the name that its refusal has for it. */
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"

/** The names and numbers of a path such as `tools[1].filters`; of a part that is refused for its type, the part. */
const stepsOf = (path: string): ReadonlyArray<string> => {
  const steps = path.match(/[^.[\]]+/g) ?? []
  return steps.length > 1 && steps.at(-1) === "type" ? steps.slice(0, -1) : steps
}

/** The value without what stands at the path; `undefined` where nothing does. */
const remove = (value: Json.Json, [step = "", ...rest]: ReadonlyArray<string>): Json.Json | undefined => {
  if (Json.isArray(value)) {
    const index = Number(step)
    const inner = value[index]
    if (inner === undefined) return undefined
    if (rest.length === 0) return value.filter((_, at) => at !== index)
    const smaller = remove(inner, rest)
    return smaller === undefined ? undefined : value.map((one, at) => at === index ? smaller : one)
  }
  if (!Json.isObject(value) || !Object.hasOwn(value, step)) return undefined
  const others = Object.entries(value).filter(([name]) => name !== step)
  if (rest.length === 0) return Object.fromEntries(others)
  const smaller = remove(value[step] ?? null, rest)
  return smaller === undefined ? undefined : { ...value, [step]: smaller }
}

/** A request and what was left out of it, by the names that it had in the request as it came. */
export interface Smaller {
  readonly request: JsonObject
  readonly dropped: ReadonlyArray<string>
}

/** The place that an element has in the request as it came: those before it that were left out count too. */
const original = (path: string, dropped: ReadonlyArray<string>): string => {
  const [, list = "", index = "", rest = ""] = /^([^[]+)\[(\d+)\](.*)$/.exec(path) ?? []
  if (list === "") return path
  const gone = dropped.flatMap((name) => {
    const [, of, at] = /^([^[]+)\[(\d+)\]$/.exec(name) ?? []
    return of === list ? [Number(at)] : []
  }).toSorted((one, other) => one - other)
  return `${list}[${gone.reduce((at, before) => before <= at ? at + 1 : at, Number(index))}]${rest}`
}

/** The request without what a refusal names; `undefined` where there is nothing of that name. */
export const leaveOut = ({ dropped, request }: Smaller, field: string): Smaller | undefined => {
  const steps = stepsOf(field)
  const smaller = remove(request, steps)
  if (!Json.isObject(smaller)) return undefined
  const path = steps.reduce((path, step) =>
    path === "" ? step : /^\d+$/.test(step) ? `${path}[${step}]` : `${path}.${step}`
  )
  return { request: smaller, dropped: [...dropped, original(path, dropped)] }
}
