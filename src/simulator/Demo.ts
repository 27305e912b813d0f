/**
 * The script of the embedded demonstration: flex is cheap and moody, standard is prompt. Under a seeded `Random` the
 * same calls meet the same luck.
 */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Behavior from "./Behavior.ts"
import type { Tier } from "../ModelCatalog.ts"
import type { Script } from "./Script.ts"

/** Milliseconds until generation starts, least and most. */
const starts: { readonly [tier in Tier]: readonly [least: number, most: number] } = {
  flex: [1000, 8000],
  standard: [200, 600],
  auto: [200, 600],
  priority: [100, 300],
  fast: [100, 300],
  ultrafast: [50, 100],
  scale: [100, 300]
}

/** Of a hundred flex calls so many are refused with a status, refused in the stream, or never start. */
const luck = { refused: 8, refusedInStream: 6, stalled: 10 }

export const script: Script = ({ tier }) =>
  Effect.gen(function*() {
    const [least, most] = starts[tier]
    const options: Behavior.Options = {
      admitAfter: yield* Random.nextIntBetween(60, 180),
      startAfter: yield* Random.nextIntBetween(least, most),
      pace: yield* Random.nextIntBetween(15, 40)
    }
    const draw = yield* Random.nextIntBetween(0, 99)
    if (tier !== "flex" || draw >= luck.refused + luck.refusedInStream + luck.stalled) return Behavior.answer(options)
    if (draw < luck.refused) return Behavior.refuse({ retryAfter: "30 seconds" }, options)
    return draw < luck.refused + luck.refusedInStream ? Behavior.refuseInStream({}, options) : Behavior.stall(options)
  })
