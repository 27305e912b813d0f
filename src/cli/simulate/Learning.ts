/** The contender that learns: the built-in policy over a memory of its own, which knows nothing at first. */
import * as Layer from "effect/Layer"
import * as FlexMemory from "../../FlexMemory.ts"
import type { StartWithin } from "../../StartWithin.ts"
import type * as Running from "./Running.ts"

export interface Options {
  /** The longest window that is tried: the policy only ever waits less. */
  readonly window: { readonly name: string; readonly startWithin: StartWithin }
  readonly overlap: number
  /** What a second of waiting costs, in micro-USD. */
  readonly secondMicroUsd: number
}

export const contender = ({ overlap, secondMicroUsd, window }: Options): Running.Contender => ({
  name: `learning, up to ${window.name}`,
  startWithin: window.startWithin,
  policy: {
    around: (router) => Layer.provide(router, FlexMemory.layer({ overlap })),
    options: { secondMicroUsd }
  }
})
