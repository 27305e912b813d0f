/** How a client reads an answer of each format, and how it goes on with the conversation. */
import type { BuiltInName as DialectName } from "../../src/dialect/index.ts"
import { dialects } from "../../src/dialect/index.ts"
import * as Json from "../../src/wire/Json.ts"
import type { JsonObject } from "../../src/wire/Json.ts"

/** An answer in no format. */
export interface Reading {
  readonly text: string
  readonly calls: ReadonlyArray<{ readonly id: string; readonly name: string; readonly arguments: unknown }>
  /** `cited` is the text a citation points at, by the format's own way of pointing. */
  readonly citations: ReadonlyArray<{ readonly url: string; readonly title: string; readonly cited: string }>
  readonly reasoning: string
  /** The format's own word. */
  readonly finish: string
}

const string = (value: JsonObject, key: string): string => Json.string(value, key) ?? ""

const typed = (values: ReadonlyArray<JsonObject>, type: string): ReadonlyArray<JsonObject> =>
  values.filter((value) => string(value, "type") === type)

const join = (values: ReadonlyArray<JsonObject>, key: string): string =>
  values.map((value) => string(value, key)).join("")

const call = (id: string, name: string, given: unknown) => ({ id, name, arguments: given })

const citation = (annotation: JsonObject, slice: (start: number, end: number) => string) => ({
  url: string(annotation, "url"),
  title: string(annotation, "title"),
  cited: slice(Json.number(annotation, "start_index") ?? 0, Json.number(annotation, "end_index") ?? 0)
})

const readers: { readonly [surface in DialectName]: (body: JsonObject) => Omit<Reading, "text"> } = {
  responses: (body) => {
    const output = Json.objects(body, "output")
    const parts = typed(output, "message").flatMap((item) => Json.objects(item, "content"))
    const reason = string(Json.object(body, "incomplete_details") ?? {}, "reason")
    return {
      calls: typed(output, "function_call").map((item) =>
        call(string(item, "call_id"), string(item, "name"), Json.parse(string(item, "arguments")))
      ),
      citations: parts.flatMap((part) =>
        Json.objects(part, "annotations").map((found) =>
          citation(found, (start, end) => string(part, "text").slice(start, end))
        )
      ),
      reasoning: join(typed(output, "reasoning").flatMap((item) => Json.objects(item, "summary")), "text"),
      finish: string(body, "status") + (reason === "" ? "" : `: ${reason}`)
    }
  },
  "chat.completions": (body) => {
    const [choice = {}] = Json.objects(body, "choices")
    const message = Json.object(choice, "message") ?? {}
    return {
      calls: typed(Json.objects(message, "tool_calls"), "function").map((item) => {
        const called = Json.object(item, "function") ?? {}
        return call(string(item, "id"), string(called, "name"), Json.parse(string(called, "arguments")))
      }),
      citations: Json.objects(message, "annotations").map((found) =>
        citation(
          Json.object(found, "url_citation") ?? {},
          (start, end) => string(message, "content").slice(start, end)
        )
      ),
      reasoning: join(Json.objects(message, "reasoning_details"), "summary"),
      finish: string(choice, "finish_reason")
    }
  },
  interactions: (body) => {
    const steps = Json.objects(body, "steps")
    const contents = typed(steps, "model_output").flatMap((step) => Json.objects(step, "content"))
    return {
      calls: typed(steps, "function_call").map((step) =>
        call(string(step, "id"), string(step, "name"), step["arguments"])
      ),
      citations: contents.flatMap((content) =>
        Json.objects(content, "annotations").map((found) =>
          citation(found, (start, end) => Buffer.from(string(content, "text")).subarray(start, end).toString())
        )
      ),
      reasoning: join(typed(steps, "thought").flatMap((step) => Json.objects(step, "summary")), "text"),
      finish: string(body, "status")
    }
  },
  messages: (body) => {
    const blocks = Json.objects(body, "content")
    return {
      calls: typed(blocks, "tool_use").map((block) => call(string(block, "id"), string(block, "name"), block["input"])),
      citations: blocks.flatMap((block) =>
        Json.objects(block, "citations").map((found) => ({
          url: string(found, "url"),
          title: string(found, "title"),
          cited: string(block, "text")
        }))
      ),
      reasoning: join(typed(blocks, "thinking"), "thinking"),
      finish: string(body, "stop_reason")
    }
  }
}

/** The answer in a body of a surface. */
export const read = (surface: DialectName, body: JsonObject): Reading => ({
  text: dialects[surface].text(body),
  ...readers[surface](body)
})

const extended = (request: JsonObject, key: string, more: ReadonlyArray<Json.Json>): JsonObject => ({
  ...request,
  [key]: [...Json.array(request, key) ?? [], ...more]
})

/** What a caller goes on with: one more question, or what its functions gave back, in the order of the calls. */
export type Next = { readonly question: string } | { readonly outputs: ReadonlyArray<string> }

/** The caller's next request: the conversation so far, the answer as it came, and what comes next. */
export const followUp = (surface: DialectName, request: JsonObject, body: JsonObject, next: Next): JsonObject => {
  const outputs = "outputs" in next ? next.outputs : []
  const results = read(surface, body).calls.map(({ id, name }, at) => ({ id, name, output: outputs[at] ?? "" }))
  switch (surface) {
    case "responses":
      return extended(request, "input", [
        ...Json.objects(body, "output"),
        ..."question" in next
          ? [{ role: "user", content: next.question }]
          : results.map(({ id, output }) => ({ type: "function_call_output", call_id: id, output }))
      ])
    case "chat.completions":
      return extended(request, "messages", [
        Json.object(Json.objects(body, "choices")[0] ?? {}, "message") ?? {},
        ..."question" in next
          ? [{ role: "user", content: next.question }]
          : results.map(({ id, output }) => ({ role: "tool", tool_call_id: id, content: output }))
      ])
    case "interactions":
      return extended(request, "input", [
        ...Json.objects(body, "steps"),
        ..."question" in next
          ? [{ type: "user_input", content: [{ type: "text", text: next.question }] }]
          : results.map(({ id, name, output }) => ({ type: "function_result", call_id: id, name, result: output }))
      ])
    case "messages":
      return extended(request, "messages", [
        { role: "assistant", content: Json.objects(body, "content") },
        {
          role: "user",
          content: "question" in next
            ? next.question
            : results.map(({ id, output }) => ({ type: "tool_result", tool_use_id: id, content: output }))
        }
      ])
  }
}
