/**
 * Tools that a provider runs itself, to be put into a `Toolkit` beside tools of one's own.
 *
 * **Example** (a toolkit that may search the web)
 *
 * ```ts
 * import { Schema } from "effect"
 * import { Tool, Toolkit } from "effect/ai"
 * import { FlexTool } from "effect-flexinference/ai"
 *
 * const GetStock = Tool.make("GetStock", {
 *   description: "How many of a product are in stock",
 *   parameters: Schema.Struct({ product: Schema.String }),
 *   success: Schema.Number
 * })
 *
 * export const toolkit = Toolkit.make(GetStock, FlexTool.WebSearch({ search_context_size: "low" }))
 * ```
 *
 * @since 0.1.0
 */
import * as Tool from "effect/ai/Tool"
import * as Schema from "effect/Schema"

const Text = Schema.optional(Schema.NullOr(Schema.String))

/**
 * The web search of the model's own provider, whichever that is. A provider that cannot keep to a filter refuses it,
 * rather than search without.
 *
 * @since 0.1.0
 * @category tools
 */
export const WebSearch = Tool.providerDefined({
  id: "flexinference.web_search",
  customName: "FlexWebSearch",
  providerName: "web_search",
  args: Schema.Struct({
    filters: Schema.optional(Schema.Struct({ allowed_domains: Schema.optional(Schema.Array(Schema.String)) })),
    search_context_size: Schema.optional(Schema.Literals(["low", "medium", "high"])),
    user_location: Schema.optional(Schema.Struct({
      type: Schema.optional(Schema.Literal("approximate")),
      city: Text,
      country: Text,
      region: Text,
      timezone: Text
    }))
  }),
  /** What was done: a search, or a page that was opened; its members are the provider's. */
  parameters: Schema.Struct({ action: Schema.Json }),
  success: Schema.Struct({ action: Schema.Json, status: Schema.String })
})
