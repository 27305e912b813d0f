/** What `flexinference ask` does; loaded only when it is asked. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import { Responses } from "../dialect/responses/Responses.ts"
import * as FlexInference from "../FlexInference.ts"
import type { FlexInferenceError } from "../FlexInferenceError.ts"
import * as UndiciHttpClient from "../gateway/UndiciHttpClient.ts"
import * as Json from "../internal/Json.ts"
import * as StartWithin from "../StartWithin.ts"
import * as CommandFailed from "./CommandFailed.ts"
import * as Countdown from "./Countdown.ts"
import * as Output from "./Output.ts"
import * as Providers from "./Providers.ts"
import * as Summary from "./Summary.ts"

export interface Options {
  readonly prompt: Option.Option<string>
  readonly model: string
  readonly startWithin: StartWithin.StartWithin
  readonly stream: boolean
  readonly hosted: boolean
}
