/**
 * What becomes of each part of a request when a provider is asked in another format than the caller's, as data: one
 * table per surface. The README shows it, and a test proves every row against the translators.
 *
 * The rule behind it (D5): what a target cannot express is refused where dropping it would change the meaning of the
 * answer, and dropped otherwise.
 */
import type { BuiltInProviderName } from "../ModelCatalog.ts"
import type { DialectName } from "../Dialect.ts"

/**
 * - `as is`: the provider speaks the caller's format, and the member travels untouched.
 * - `carried`: the target has a word that means the same.
 * - `approximated`: the target comes close; the note says how.
 * - `dropped`: left out; the answer means the same without it.
 * - `refused`: answered with a 400 `untranslatable_field` whose `param` names the member, before anything is sent.
 */
export type Fate = "as is" | "carried" | "approximated" | "dropped" | "refused"

/** A member of a request, or several that share their fate, and that fate with each provider. */
export interface Row extends Readonly<Record<BuiltInProviderName, Fate>> {
  /** The member by the caller's name for it, in Markdown. */
  readonly field: string
  /** What an approximation loses, or under which condition the fate holds; empty where there is nothing to say. */
  readonly note: string
}

/** The fates of everything a surface's requests may hold. */
export interface Table {
  readonly path: string
  readonly rows: ReadonlyArray<Row>
}

const openai = (field: string, google: Fate, anthropic: Fate, note = ""): Row => ({
  field,
  openai: "as is",
  google,
  anthropic,
  note
})

const google = (field: string, openai: Fate, anthropic: Fate, note = ""): Row => ({
  field,
  openai,
  google: "as is",
  anthropic,
  note
})

const anthropic = (field: string, openai: Fate, google: Fate, note = ""): Row => ({
  field,
  openai,
  google,
  anthropic: "as is",
  note
})

const unknown = "any other member"

const responses: ReadonlyArray<Row> = [
  openai("`model`, `input`, `stream`", "carried", "carried"),
  openai("`instructions`", "carried", "carried"),
  openai("`system` and `developer` messages", "approximated", "approximated", "joined into the one system prompt"),
  openai("`user` and `assistant` messages, text", "carried", "carried"),
  openai("`output_text` annotations", "dropped", "dropped"),
  openai("`refusal` parts", "approximated", "approximated", "as text"),
  openai("`input_image`, data URL", "carried", "carried"),
  openai("`input_image`, address", "approximated", "carried", "Gemini: media type guessed from the name"),
  openai("`input_image.detail`", "approximated", "dropped", "Gemini: `low` and `high`; others dropped"),
  openai("`input_file`, inline", "carried", "carried", "Claude: PDF and text; others refused"),
  openai("`input_file`, address", "carried", "carried"),
  openai("`file_id`", "refused", "refused", "stored by OpenAI"),
  openai("other content, such as `input_audio`", "refused", "refused"),
  openai("`function_call`, `function_call_output`", "carried", "carried", "arguments that are no JSON object: refused"),
  openai("`reasoning` items the target made", "carried", "carried", "by way of `encrypted_content`"),
  openai("`reasoning` items of others", "dropped", "dropped"),
  openai("`web_search_call` items", "dropped", "dropped", "the text they led to stays"),
  openai("`item_reference` and other items", "refused", "refused"),
  openai("`previous_response_id` of the target", "carried", "refused", "Gemini: if it was stored there"),
  openai("`previous_response_id` of others", "refused", "refused"),
  openai("`conversation`, `prompt`", "refused", "refused", "stored by OpenAI"),
  openai("`tools[]` `function`", "carried", "carried"),
  openai("`tools[].strict`", "dropped", "carried"),
  openai("`tools[]` `web_search`", "approximated", "approximated", "the target's own search"),
  openai("`tools[].filters`, `tools[].user_location`", "refused", "carried"),
  openai("`tools[].search_context_size`", "dropped", "dropped"),
  openai("other tools, such as `mcp`", "refused", "refused"),
  openai("`tool_choice`: a mode or a function", "carried", "carried"),
  openai("`tool_choice`: `allowed_tools`", "carried", "approximated", "Claude is offered these tools alone"),
  openai("`tool_choice`: another tool, such as `mcp`", "refused", "refused"),
  openai("`parallel_tool_calls: false`", "refused", "carried"),
  openai("`max_tool_calls`", "dropped", "approximated", "Claude: bounds web searches"),
  openai("`text.format` `json_schema`", "carried", "carried", "its name and `strict` are dropped"),
  openai("`text.format` `json_object`", "carried", "refused"),
  openai("`text.verbosity`", "dropped", "dropped"),
  openai("`reasoning.effort`", "approximated", "carried", "Gemini: the nearest level; Claude: `minimal` as `low`"),
  openai("`reasoning.summary`", "approximated", "approximated", "on or off"),
  openai("`max_output_tokens`", "carried", "carried", "Claude, if absent: the model's maximum"),
  openai("`temperature`, `top_p`", "carried", "carried", "Gemini to 2.x; Claude to 4.6, not both"),
  openai("`temperature`, `top_p` for newer models", "dropped", "dropped"),
  openai("`top_logprobs`, log probabilities in `include`", "refused", "refused"),
  openai("other `include`", "dropped", "dropped"),
  openai("`store`", "carried", "dropped", "Gemini, if absent: false"),
  openai("`metadata`", "approximated", "dropped", "Gemini: as labels, where they fit"),
  openai("`safety_identifier`", "dropped", "carried"),
  openai("`background: true`", "refused", "refused"),
  openai("`prompt_cache_key`, `prompt_cache_retention`, `truncation`, `user`, `stream_options`", "dropped", "dropped"),
  openai(unknown, "dropped", "dropped")
]

// OpenAI's own Chat Completions does not know the member, so even there it is not passed on.
const signedThoughts = "signed thoughts, sent back as they came"

const chat: ReadonlyArray<Row> = [
  openai("`model`, `messages`, `stream`", "carried", "carried"),
  openai("`system` and `developer` messages", "approximated", "approximated", "joined into the one system prompt"),
  openai("`user` and `assistant` messages, text", "carried", "carried"),
  openai("`messages[].name`", "dropped", "dropped"),
  openai("`refusal` of an assistant", "approximated", "approximated", "as text"),
  openai("`image_url`, data URL", "carried", "carried"),
  openai("`image_url`, address", "approximated", "carried", "Gemini: media type guessed from the name"),
  openai("`image_url.detail`", "approximated", "dropped", "Gemini: `low` and `high`; others dropped"),
  openai("`file`, inline", "carried", "carried", "Claude: PDF and text; others refused"),
  openai("`file_id`", "refused", "refused", "stored by OpenAI"),
  openai("`input_audio`", "refused", "refused"),
  openai("`tool_calls`, `tool` messages", "carried", "carried", "arguments that are no JSON object: refused"),
  openai("`audio` and `function_call` of an assistant, `function` messages", "refused", "refused"),
  { ...openai("`reasoning_details` the target made", "carried", "carried", signedThoughts), openai: "dropped" },
  { ...openai("`reasoning_details` of others", "dropped", "dropped"), openai: "dropped" },
  openai("`tools[]` `function`", "carried", "carried"),
  openai("`tools[].function.strict`", "dropped", "carried"),
  openai("`tools[]` `custom`, `functions`, `function_call`", "refused", "refused"),
  openai("`tool_choice`: a mode or a function", "carried", "carried"),
  openai("`tool_choice`: `allowed_tools`", "carried", "approximated", "Claude is offered these tools alone"),
  openai("`tool_choice`: a `custom` tool", "refused", "refused"),
  openai("`parallel_tool_calls: false`", "refused", "carried"),
  openai("`web_search_options`", "approximated", "approximated", "the target's own search"),
  openai("`web_search_options.user_location`", "refused", "carried"),
  openai("`web_search_options.search_context_size`", "dropped", "dropped"),
  openai("`response_format` `json_schema`", "carried", "carried", "its name and `strict` are dropped"),
  openai("`response_format` `json_object`", "carried", "refused"),
  openai("`reasoning_effort`", "approximated", "carried", "Gemini: the nearest level; Claude: `minimal` as `low`"),
  openai("`max_completion_tokens`, `max_tokens`", "carried", "carried", "Claude, if absent: the model's maximum"),
  openai("`temperature`, `top_p`", "carried", "carried", "Gemini to 2.x; Claude to 4.6, not both"),
  openai("`temperature`, `top_p` for newer models", "dropped", "dropped"),
  openai("`stop`", "carried", "carried"),
  openai("`seed`", "carried", "refused"),
  openai(
    "`n`, `presence_penalty`, `frequency_penalty`, `logit_bias`, `modalities`, `audio`",
    "refused",
    "refused",
    "where they ask for something: `n: 1` and a penalty of 0 pass"
  ),
  openai("`logprobs`, `top_logprobs`", "refused", "refused"),
  openai("`store`", "carried", "dropped"),
  openai("`metadata`", "approximated", "dropped", "Gemini: as labels, where they fit"),
  openai("`safety_identifier`", "dropped", "carried"),
  openai("`stream_options.include_usage`", "carried", "carried", "the router itself sends the usage"),
  openai(
    "`verbosity`, `prediction`, `prompt_cache_key`, `prompt_cache_retention`, `user`",
    "dropped",
    "dropped"
  ),
  openai(unknown, "dropped", "dropped")
]

const interactions: ReadonlyArray<Row> = [
  google("`model`, `input`, `stream`", "carried", "carried"),
  google("`system_instruction`", "carried", "carried"),
  google("`user_input`, `model_output`, text", "carried", "carried"),
  google("`image`", "carried", "carried", "inline or at an https address"),
  google("`image.resolution`", "approximated", "dropped", "OpenAI: `low` and `high`"),
  google("`document`", "carried", "carried", "Claude: PDF and text; others refused"),
  google("`audio`, `video`, files stored by Google", "refused", "refused"),
  google("`function_call`, `function_result`", "carried", "carried", "a result that is an object: as JSON text"),
  google("`function_result.is_error`", "approximated", "carried", "OpenAI: as an incomplete output"),
  google("`thought` steps the target made", "carried", "carried", "by way of their signature"),
  google("`thought` steps of others", "dropped", "dropped"),
  google("`google_search_call`, `google_search_result`", "dropped", "dropped", "the text they led to stays"),
  google("other steps, such as `code_execution_call`", "refused", "refused"),
  google("`tools[]` `function`", "carried", "carried"),
  google("`tools[]` `google_search`", "approximated", "approximated", "the target's own search"),
  google("`tools[].search_types`", "dropped", "dropped"),
  google("other tools, such as `code_execution`", "refused", "refused"),
  google("`tool_choice`: `auto`, `any`, `none`", "carried", "carried"),
  google("`tool_choice`: `validated`", "approximated", "approximated", "as `auto`"),
  google("`tool_choice`: `allowed_tools`", "carried", "approximated", "Claude is offered these tools alone"),
  google("`response_format` with a schema", "carried", "carried"),
  google("`response_format` of JSON without one, `response_mime_type`", "carried", "refused"),
  google("`response_format` and `response_modalities` but text", "refused", "refused"),
  google("`max_output_tokens`", "carried", "carried", "OpenAI: at least 16; Claude, if absent: the model's maximum"),
  google("`thinking_level`", "carried", "carried"),
  google("`thinking_summaries`", "approximated", "approximated", "on or off"),
  google("`temperature`, `top_p`", "carried", "carried", "Claude to 4.6, not both; dropped for newer models"),
  google("`stop_sequences`", "refused", "carried"),
  google("`seed`", "refused", "refused"),
  google("`store`", "carried", "dropped"),
  google("`labels`", "carried", "dropped", "OpenAI: as `metadata`"),
  google("`previous_interaction_id` of the target", "carried", "refused", "OpenAI: if it was stored there"),
  google("`previous_interaction_id` of others", "refused", "refused"),
  google("`agent`, `environment`, `cached_content`, `continuation_token`", "refused", "refused", "Google's own"),
  google("`background: true`", "refused", "refused"),
  google("`safety_settings`, `webhook_config`, `speech_config` and the like", "dropped", "dropped"),
  google(unknown, "dropped", "dropped")
]

const messages: ReadonlyArray<Row> = [
  anthropic("`model`, `messages`, `max_tokens`, `stream`", "carried", "carried", "OpenAI: at least 16 tokens"),
  anthropic("`system`", "carried", "carried", "blocks: joined"),
  anthropic("`user` and `assistant` turns, text", "carried", "carried"),
  anthropic("an `assistant` turn at the end", "refused", "refused", "only Claude continues it"),
  anthropic("`citations` of a text", "dropped", "dropped"),
  anthropic("`image`, inline", "carried", "carried"),
  anthropic("`image`, address", "carried", "approximated", "Gemini: media type guessed from the name"),
  anthropic("`document`, inline or address", "carried", "carried", "plain text: as text"),
  anthropic("`document.title`", "approximated", "dropped", "OpenAI: as the file's name"),
  anthropic("`document.context`", "dropped", "dropped"),
  anthropic("`document.citations`", "refused", "refused"),
  anthropic("`image` and `document` stored by Anthropic", "refused", "refused"),
  anthropic("`tool_use`, `tool_result`", "carried", "carried"),
  anthropic("`tool_result.is_error`", "approximated", "carried", "OpenAI: as an incomplete output"),
  anthropic("`thinking` the target made", "carried", "carried", "by way of its signature"),
  anthropic("`thinking`, `redacted_thinking` of others", "dropped", "dropped"),
  anthropic("`server_tool_use`, `web_search_tool_result`", "dropped", "dropped", "the text they led to stays"),
  anthropic("other blocks, such as `search_result`", "refused", "refused"),
  anthropic("`tools[]` of the caller", "carried", "carried"),
  anthropic("`tools[].strict`", "carried", "dropped"),
  anthropic("`tools[]` `web_search_*`", "approximated", "approximated", "the target's own search"),
  anthropic("`tools[].allowed_domains`, `tools[].user_location`", "carried", "refused"),
  anthropic("`tools[].blocked_domains`", "refused", "refused"),
  anthropic("`tools[].max_uses`", "approximated", "dropped", "OpenAI: as `max_tool_calls`"),
  anthropic("other tools, such as `bash_*`", "refused", "refused"),
  anthropic("`tool_choice`", "carried", "carried"),
  anthropic("`tool_choice.disable_parallel_tool_use`", "carried", "refused"),
  anthropic("`output_config.format`", "carried", "carried"),
  anthropic("`output_config.effort`", "carried", "approximated", "Gemini: to the nearest level"),
  anthropic("`thinking`", "approximated", "approximated", "as an effort; `budget_tokens`: the nearest"),
  anthropic("`stop_sequences`", "refused", "carried"),
  anthropic("`temperature`, `top_p`", "carried", "carried", "Gemini to 2.x; dropped for newer models"),
  anthropic("`top_k`", "refused", "refused"),
  anthropic("`metadata.user_id`", "carried", "dropped", "OpenAI: as `safety_identifier`, to 64 characters"),
  anthropic("`container`, `mcp_servers`, `inference_geo`", "refused", "refused", "Anthropic's own"),
  anthropic("`cache_control`, `speed`", "dropped", "dropped"),
  anthropic(unknown, "dropped", "dropped")
]

/** What becomes of a request, by the format it came in. */
export const tables: { readonly [surface in DialectName]: Table } = {
  responses: { path: "/v1/responses", rows: responses },
  "chat.completions": { path: "/v1/chat/completions", rows: chat },
  interactions: { path: "/v1/interactions", rows: interactions },
  messages: { path: "/v1/messages", rows: messages }
}

const line = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`

const render = ({ path, rows }: Table): string =>
  [
    `### \`POST ${path}\``,
    "",
    line(["field", "OpenAI", "Gemini", "Claude", ""]),
    line(["---", "---", "---", "---", "---"]),
    ...rows.map(({ anthropic, field, google, note, openai }) => line([field, openai, google, anthropic, note]))
  ].join("\n")

const legend = [
  "*as is*: untouched · *carried*: in the target's own words · *approximated*: as near as the target comes; the last",
  "column says how · *dropped*: left out · *refused*: a 400 `untranslatable_field` whose `param` names the field, before",
  "anything is sent. On every surface the router takes its own fields out and sets `service_tier` from `start_within`."
].join("\n")

/** The tables as Markdown, one under the other, after a legend. */
export const toMarkdown = (): string => [legend, ...Object.values(tables).map(render)].join("\n\n")
