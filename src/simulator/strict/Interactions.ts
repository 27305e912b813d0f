/**
 * What Google refuses in Interactions: what its documentation of errors names, since no refusal was ever recorded. The
 * members are those of the documentation and the vendor's client 3.1.
 */
import * as Json from "../../wire/Json.ts"
import type { JsonObject } from "../../wire/Json.ts"
import { each, first, type Objection, unknownMember } from "./Objection.ts"

const invalid = (message: string, code: string): Objection => ({ status: 400, message, code })

const members: ReadonlySet<string> = new Set(
  ("agent agent_config background cached_content continuation_token environment generation_config input labels model " +
    "previous_interaction_id response_format response_mime_type response_modalities safety_settings service_tier store " +
    "stream system_instruction tools webhook_config").split(" ")
)

const name = /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/

/** What of a request Google refuses. */
export const interactions = (request: JsonObject): Objection =>
  first(
    () => {
      const unknown = unknownMember(request, members)
      return unknown === undefined ? undefined : invalid(`Unknown parameter '${unknown}'.`, "parameter_unknown")
    },
    () =>
      request["input"] === undefined || request["input"] === "" || Json.array(request, "input")?.length === 0
        ? invalid("The input is empty.", "invalid_request")
        : undefined,
    () =>
      each(Json.objects(request, "tools"), (tool, index) =>
        Json.string(tool, "type") !== "function" || name.test(Json.string(tool, "name") ?? "")
          ? undefined
          : invalid(`tools[${index}].name is no name of a function.`, "invalid_request"))
  )
