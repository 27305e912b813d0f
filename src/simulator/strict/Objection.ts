/** What the strict readers of requests share: the first thing that a provider would refuse, in its own words. */
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import type { Refusal } from "../Behavior.ts"

/** The refusal of a request, or nothing. */
export type Objection = Refusal | undefined

/** The first of several objections; what comes after it is not looked at. */
export const first = (...checks: ReadonlyArray<() => Objection>): Objection => {
  for (const check of checks) {
    const objection = check()
    if (objection !== undefined) return objection
  }
  return undefined
}

/** The first objection to any of the values. */
export const each = <A>(values: ReadonlyArray<A>, check: (value: A, index: number) => Objection): Objection => {
  for (const [index, value] of values.entries()) {
    const objection = check(value, index)
    if (objection !== undefined) return objection
  }
  return undefined
}

/** The first member that is not among the known ones. */
export const unknownMember = (request: JsonObject, known: ReadonlySet<string>): string | undefined =>
  Object.keys(request).find((member) => !known.has(member))

/** A place in a schema that a strict reading of it refuses, and why. */
export interface SchemaFault {
  readonly at: ReadonlyArray<string>
  readonly fault: { readonly _tag: "Open" } | { readonly _tag: "Optional"; readonly property: string }
}

/** The first object of a schema that is open, or has a property that is not required where all have to be. */
export const schemaFault = (
  schema: JsonObject,
  allRequired: boolean,
  at: ReadonlyArray<string> = []
): SchemaFault | undefined => {
  const described = Json.object(schema, "properties") ?? {}
  if (Json.string(schema, "type") === "object" || Object.hasOwn(schema, "properties")) {
    if (schema["additionalProperties"] !== false) return { at, fault: { _tag: "Open" } }
    const required = Json.array(schema, "required") ?? []
    const property = Object.keys(described).find((name) => !required.includes(name))
    if (allRequired && property !== undefined) return { at, fault: { _tag: "Optional", property } }
  }
  const children: ReadonlyArray<readonly [ReadonlyArray<string>, Json.Json | undefined]> = [
    ...Object.entries(described).map(([name, child]) => [["properties", name], child] as const),
    ...["$defs", "definitions"].flatMap((key) =>
      Object.entries(Json.object(schema, key) ?? {}).map(([name, child]) => [[key, name], child] as const)
    ),
    ...["anyOf", "allOf"].flatMap((key) =>
      Json.objects(schema, key).map((child, index) => [[key, String(index)], child] as const)
    ),
    [["items"], schema["items"]]
  ]
  for (const [path, child] of children) {
    const fault = Json.isObject(child) ? schemaFault(child, allRequired, [...at, ...path]) : undefined
    if (fault !== undefined) return fault
  }
  return undefined
}
