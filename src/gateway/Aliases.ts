/**
 * Names that stand for a model and for what its requests want of the gateway: agents choose models by name and cannot
 * add a field. A name is replaced in the request's text, before the router reads it.
 */
import type { ProviderChain } from "../RequestFields.ts"
import type { StartWithin } from "../StartWithin.ts"
import * as Json from "../wire/Json.ts"
import * as JsonMembers from "../wire/JsonMembers.ts"

/** A name for a model. */
export interface Alias {
  readonly name: string
  readonly model: string
  /** What a request by this name without `start_within` gets, before what its key has. */
  readonly startWithin?: StartWithin | undefined
  /** The routes of a request by this name that names none. */
  readonly provider?: ProviderChain | undefined
}

/** The model a request asks for; `undefined` where it says none that could be one. */
export const modelOf = (text: string): string | undefined => {
  const model = Json.parse(JsonMembers.textOf(text, "model") ?? "null")
  return typeof model === "string" ? model : undefined
}

/** The request as it would have been written without the alias. */
export const resolve = (text: string, { model, provider }: Alias): string =>
  JsonMembers.edit(text, {
    set: {
      model,
      ...(provider === undefined || JsonMembers.textOf(text, "provider") !== undefined
        ? {}
        : { provider: [...provider] })
    }
  })
