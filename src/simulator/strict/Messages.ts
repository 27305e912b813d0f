/**
 * What Anthropic refuses, with a 400 in its words as the API gave them in 2026. The members are those of the vendor's
 * client 1.12; those of a beta are taken with the header alone.
 */
import * as ClaudeModel from "../../dialect/messages/ClaudeModel.ts"
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import { each, first, type Objection, schemaFault, unknownMember } from "./Objection.ts"

const invalid = (message: string): Objection => ({ status: 400, type: "invalid_request_error", message })

const members: ReadonlySet<string> = new Set(
  ("model messages max_tokens cache_control container diagnostics inference_geo metadata output_config service_tier speed " +
    "stop_sequences stream system temperature thinking top_k top_p tool_choice tools user_profile_id workspace_id")
    .split(" ")
)

/** Members that only exist with a beta, by what its name begins with; a version is a date and changes. */
const betaMembers: { readonly [member: string]: ReadonlyArray<string> | undefined } = {
  billing_policy: ["spend-limit", "user-profiles-billing"],
  compaction: ["compact"],
  context_management: ["context-management", "compact"],
  fallback_credit_token: ["fallback-credit"],
  fallbacks: ["server-side-fallback"],
  mcp_servers: ["mcp-client"],
  output_format: ["structured-outputs"],
  thread: ["message-threads"]
}

const betasOf = (headers: { readonly [name: string]: string }): ReadonlyArray<string> =>
  (headers["anthropic-beta"] ?? "").split(",").map((beta) => beta.trim()).filter((beta) => beta !== "")

const checkBetas = (betas: ReadonlyArray<string>): Objection => {
  const unknown = betas.filter((beta) => !/^[a-z0-9-]+-\d{4}-?\d{2}-?\d{2}$/.test(beta))
  return unknown.length === 0 ? undefined : invalid(
    `Unexpected value(s) ${unknown.map((beta) => `\`${beta}\``).join(", ")} for the \`anthropic-beta\` header.`
  )
}

const checkMembers = (request: JsonObject, betas: ReadonlyArray<string>): Objection => {
  const allowed = Object.entries(betaMembers).flatMap(([member, names = []]) =>
    names.some((name) => betas.some((beta) => beta.startsWith(name))) ? [member] : []
  )
  const unknown = unknownMember(request, new Set([...members, ...allowed]))
  return unknown === undefined ? undefined : invalid(`${unknown}: Extra inputs are not permitted`)
}

const id = /^[a-zA-Z0-9_-]+$/
const name = /^[a-zA-Z0-9_-]{1,128}$/

const blocksOf = (message: JsonObject | undefined, type: string): ReadonlyArray<JsonObject> =>
  message === undefined ? [] : Json.objects(message, "content").filter((block) => Json.string(block, "type") === type)

const idsOf = (blocks: ReadonlyArray<JsonObject>, member: string): ReadonlyArray<string> =>
  blocks.map((block) => Json.string(block, member) ?? "")

const checkTurns = (messages: ReadonlyArray<JsonObject>): Objection =>
  each(messages, (message, index) => {
    const uses = idsOf(blocksOf(message, "tool_use"), "id")
    const results = idsOf(blocksOf(message, "tool_result"), "tool_use_id")
    const answered = idsOf(blocksOf(messages[index + 1], "tool_result"), "tool_use_id")
    const asked = idsOf(blocksOf(messages[index - 1], "tool_use"), "id")
    const blocks = Json.objects(message, "content")
    const at = `messages.${index}`
    const last = index === messages.length - 1
    if (!last && (Json.array(message, "content")?.length === 0 || Json.string(message, "content") === "")) {
      return invalid(`${at}: all messages must have non-empty content except for the optional final assistant message`)
    }
    if (blocks.some((block) => Json.string(block, "type") === "text" && Json.string(block, "text") === "")) {
      return invalid("messages: text content blocks must be non-empty")
    }
    if (![...uses, ...results].every((text) => id.test(text))) {
      return invalid(`${at}.content: tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`)
    }
    const open = uses.find((use) => !answered.includes(use))
    if (open !== undefined) {
      return invalid(
        `${at}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open}. Each \`tool_use\` ` +
          "block must have a corresponding `tool_result` block in the next message."
      )
    }
    const stray = results.find((result) => !asked.includes(result))
    return stray === undefined ? undefined : invalid(
      `${at}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray}. Each \`tool_result\` block must have a ` +
        "corresponding `tool_use` block in the previous message."
    )
  })

const checkTools = (tools: ReadonlyArray<JsonObject>): Objection =>
  each(tools, (tool, index) => {
    if ((Json.string(tool, "type") ?? "custom") !== "custom") return undefined
    const at = `tools.${index}.custom`
    if (!name.test(Json.string(tool, "name") ?? "")) {
      return invalid(`${at}.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`)
    }
    const schema = Json.object(tool, "input_schema")
    if (schema === undefined) return invalid(`${at}.input_schema: Field required`)
    return Json.string(schema, "type") === "object" ? undefined : invalid(`${at}.input_schema.type: Field required`)
  })

const checkFormat = (request: JsonObject): Objection => {
  const format = Json.object(Json.object(request, "output_config") ?? {}, "format")
  const schema = format === undefined ? undefined : Json.object(format, "schema")
  return schema === undefined || schemaFault(schema, false) === undefined ? undefined : invalid(
    "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false"
  )
}

/** What depends on the model; that a level is not supported is recorded. Sampling may be given at its defaults. */
const checkModel = (request: JsonObject): Objection => {
  const model = ClaudeModel.of(Json.string(request, "model") ?? "")
  const effort = Json.string(Json.object(request, "output_config") ?? {}, "effort")
  const sampling = ["temperature", "top_p", "top_k"].find((member) => (Json.number(request, member) ?? 1) !== 1)
  if (sampling !== undefined && !model.sampling) return invalid(`\`${sampling}\` is deprecated for this model.`)
  if (effort === undefined || model.efforts.some((known) => known === effort)) return undefined
  return invalid(
    model.efforts.length === 0
      ? "This model does not support the effort parameter."
      : `This model does not support effort level '${effort}'. Supported levels: ${
        model.efforts.toSorted().join(", ")
      }.`
  )
}

/** What of a request Anthropic refuses. */
export const messages = (request: JsonObject, headers: { readonly [name: string]: string }): Objection => {
  const betas = betasOf(headers)
  const turns = Json.objects(request, "messages")
  return first(
    () => headers["anthropic-version"] === undefined ? invalid("anthropic-version: header is required") : undefined,
    () => checkBetas(betas),
    () => checkMembers(request, betas),
    () => Json.number(request, "max_tokens") === undefined ? invalid("max_tokens: Field required") : undefined,
    () => turns.length === 0 ? invalid("messages: at least one message is required") : undefined,
    () => checkTools(Json.objects(request, "tools")),
    () => checkTurns(turns),
    () => checkFormat(request),
    () => checkModel(request)
  )
}
