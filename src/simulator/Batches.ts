/**
 * The simulated providers' batch interfaces: OpenAI's files and batches, Anthropic's message batches. A batch ends when it
 * is due; its requests are then answered as calls of their own would have been.
 *
 * Wire facts: the API references of both (see the providers' own files), and the types of their official clients.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"
import * as Lines from "../wire/Lines.ts"

/** What becomes of the batches that are handed over. */
export interface Options {
  /**
   * From the handing over to the end; `"Infinity"` never ends.
   * @default "7 minutes"
   */
  readonly after?: Duration.Input | undefined
  /** The status that handing a batch over is refused with. */
  readonly refuse?: number | undefined
  /** Whether a batch ends without having carried out its requests. */
  readonly expire?: boolean | undefined
}

/** A batch that was handed over. */
export interface Handed {
  readonly id: string
  readonly provider: "openai" | "anthropic"
  /** Its requests, by the name that each was given. */
  readonly requests: ReadonlyMap<string, JsonObject>
  readonly metadata: JsonObject
  /** Epoch milliseconds. */
  readonly createdAt: number
  canceledAt: number | undefined
}

export interface Reply {
  readonly status: number
  readonly text: string
}

/** A call to one of the interfaces. */
export interface Call {
  readonly method: string
  readonly url: string
  readonly body: string
}

/** Answers one request of a batch. */
export type Serve = (
  dialect: "responses" | "chat.completions" | "messages",
  request: JsonObject
) => Effect.Effect<Reply>

export interface Batches {
  /** What a call is answered with; nothing where it is for none of the interfaces. */
  readonly reply: (call: Call, serve: Serve) => Effect.Effect<Reply> | undefined
  readonly handed: Effect.Effect<ReadonlyArray<Handed>>
}

const json = (value: JsonObject, status = 200): Reply => ({ status, text: JSON.stringify(value) })

const lines = (values: ReadonlyArray<JsonObject>): Reply => ({
  status: 200,
  text: values.map((value) => `${JSON.stringify(value)}\n`).join("")
})

const seconds = (millis: number): number => Math.floor(millis / 1_000)
const instant = (millis: number): string => new Date(millis).toISOString()

const refused = (status: number): Reply =>
  json({ error: { message: "The batch is refused.", type: "invalid_request_error" } }, status)

const unknown: Reply = json(
  { error: { message: "There is no such batch or file.", type: "invalid_request_error" } },
  404
)

/** The file of a `multipart/form-data` body. */
const fileOf = (form: string): string => /filename="[^"]*"[^]*?\r\n\r\n([^]*?)\r\n--/.exec(form)?.[1] ?? ""

const dialects: { readonly [url: string]: "responses" | "chat.completions" } = {
  "/v1/responses": "responses",
  "/v1/chat/completions": "chat.completions"
}

export const make = (options: Options = {}): Batches => {
  const files = new Map<string, string>()
  const batches = new Map<string, Handed>()
  const after = Duration.toMillis(options.after ?? Duration.minutes(7))

  const endsAt = ({ canceledAt, createdAt }: Handed): number => Math.min(createdAt + after, canceledAt ?? Infinity)
  const isDone = (batch: Handed): boolean => options.expire !== true && endsAt(batch) === batch.createdAt + after

  const hand = (batch: Omit<Handed, "canceledAt">): Handed => {
    const handed = { ...batch, canceledAt: undefined }
    batches.set(batch.id, handed)
    return handed
  }

  const openAI = (batch: Handed, now: number): JsonObject => {
    const ended = now >= endsAt(batch)
    const status = !ended
      ? "in_progress"
      : batch.canceledAt !== undefined
      ? "cancelled"
      : options.expire === true
      ? "expired"
      : "completed"
    return {
      id: batch.id,
      object: "batch",
      endpoint: "/v1/responses",
      completion_window: "24h",
      input_file_id: `file-${batch.id}`,
      created_at: seconds(batch.createdAt),
      expires_at: seconds(batch.createdAt) + 86_400,
      metadata: batch.metadata,
      status,
      output_file_id: ended && isDone(batch) ? `file-output-${batch.id}` : null,
      error_file_id: ended && !isDone(batch) ? `file-error-${batch.id}` : null,
      request_counts: {
        total: batch.requests.size,
        completed: ended && isDone(batch) ? batch.requests.size : 0,
        failed: 0
      }
    }
  }

  const anthropic = (batch: Handed, now: number): JsonObject => {
    const ended = now >= endsAt(batch)
    return {
      id: batch.id,
      type: "message_batch",
      processing_status: ended ? "ended" : "in_progress",
      created_at: instant(batch.createdAt),
      expires_at: instant(batch.createdAt + 86_400_000),
      ended_at: ended ? instant(endsAt(batch)) : null,
      archived_at: null,
      cancel_initiated_at: batch.canceledAt === undefined ? null : instant(batch.canceledAt),
      results_url: ended ? `https://api.anthropic.com/v1/messages/batches/${batch.id}/results` : null,
      request_counts: {
        processing: ended ? 0 : batch.requests.size,
        succeeded: ended && isDone(batch) ? batch.requests.size : 0,
        errored: 0,
        canceled: 0,
        expired: ended && !isDone(batch) ? batch.requests.size : 0
      }
    }
  }

  const openAIResults = (batch: Handed, serve: Serve, error: boolean) =>
    Effect.map(
      Effect.forEach(batch.requests, ([id, request]): Effect.Effect<JsonObject> => {
        if (error) {
          return Effect.succeed({
            id: `batch_req_${id}`,
            custom_id: id,
            response: null,
            error: {
              code: "batch_expired",
              message: "This request could not be executed before the completion window expired."
            }
          })
        }
        const body = Json.object(request, "body") ?? {}
        return Effect.map(
          serve(dialects[Json.string(request, "url") ?? ""] ?? "responses", body),
          ({ status, text }) => ({
            id: `batch_req_${id}`,
            custom_id: id,
            response: { status_code: status, request_id: `req_${id}`, body: Json.parseObject(text) ?? {} },
            error: null
          })
        )
      }),
      lines
    )

  const anthropicResults = (batch: Handed, serve: Serve) =>
    Effect.map(
      Effect.forEach(batch.requests, ([custom_id, request]): Effect.Effect<JsonObject> =>
        isDone(batch)
          ? Effect.map(serve("messages", request), ({ status, text }) => ({
            custom_id,
            result: status === 200
              ? { type: "succeeded", message: Json.parseObject(text) ?? {} }
              : { type: "errored", error: Json.parseObject(text) ?? {} }
          }))
          : Effect.succeed({ custom_id, result: { type: batch.canceledAt === undefined ? "expired" : "canceled" } })),
      lines
    )

  const of = (id: string | undefined) => batches.get(id ?? "")

  const routes: ReadonlyArray<{
    readonly method: "GET" | "POST"
    readonly path: RegExp
    readonly reply: (id: string, body: string, now: number, serve: Serve) => Reply | Effect.Effect<Reply>
  }> = [
    {
      method: "POST",
      path: /\/v1\/files$/,
      reply: (_, body) => {
        const id = `file-${files.size + 1}`
        files.set(id, fileOf(body))
        return json({ id, object: "file", purpose: "batch", bytes: body.length })
      }
    },
    {
      method: "POST",
      path: /\/v1\/batches$/,
      reply: (_, body, createdAt) => {
        if (options.refuse !== undefined) return refused(options.refuse)
        const asked = Json.parseObject(body) ?? {}
        const file = files.get(Json.string(asked, "input_file_id") ?? "")
        if (file === undefined) return unknown
        const requests = new Map(Lines.objects(file).map((line) => [Json.string(line, "custom_id") ?? "", line]))
        const id = `batch_${batches.size + 1}`
        return json(
          openAI(
            hand({ id, provider: "openai", requests, metadata: Json.object(asked, "metadata") ?? {}, createdAt }),
            createdAt
          )
        )
      }
    },
    {
      method: "GET",
      path: /\/v1\/batches$/,
      reply: (_id, _body, now) =>
        json({
          object: "list",
          data: Array.from(batches.values()).filter(({ provider }) => provider === "openai").map((batch) =>
            openAI(batch, now)
          ),
          has_more: false
        })
    },
    {
      method: "GET",
      path: /\/v1\/batches\/([^/]+)$/,
      reply: (id, _body, now) => {
        const batch = of(id)
        return batch === undefined ? unknown : json(openAI(batch, now))
      }
    },
    {
      method: "POST",
      path: /\/v1\/batches\/([^/]+)\/cancel$/,
      reply: (id, _body, now) => {
        const batch = of(id)
        if (batch === undefined) return unknown
        batch.canceledAt ??= now
        return json(openAI(batch, now))
      }
    },
    {
      method: "POST",
      path: /\/v1\/messages\/batches$/,
      reply: (_, body, createdAt) => {
        if (options.refuse !== undefined) return refused(options.refuse)
        const asked = Json.objects(Json.parseObject(body) ?? {}, "requests")
        const requests = new Map(
          asked.map((item) => [Json.string(item, "custom_id") ?? "", Json.object(item, "params") ?? {}])
        )
        const id = `msgbatch_${batches.size + 1}`
        return json(anthropic(hand({ id, provider: "anthropic", requests, metadata: {}, createdAt }), createdAt))
      }
    },
    {
      method: "GET",
      path: /\/v1\/messages\/batches\/([^/]+)$/,
      reply: (id, _body, now) => {
        const batch = of(id)
        return batch === undefined ? unknown : json(anthropic(batch, now))
      }
    },
    {
      method: "GET",
      path: /\/v1\/messages\/batches\/([^/]+)\/results$/,
      reply: (id, _body, now, serve) => {
        const batch = of(id)
        return batch === undefined || now < endsAt(batch) ? unknown : anthropicResults(batch, serve)
      }
    },
    {
      method: "POST",
      path: /\/v1\/messages\/batches\/([^/]+)\/cancel$/,
      reply: (id, _body, now) => {
        const batch = of(id)
        if (batch === undefined) return unknown
        batch.canceledAt ??= now
        return json(anthropic(batch, now))
      }
    }
  ]

  return {
    handed: Effect.sync(() => Array.from(batches.values())),
    reply: ({ body, method, url }, serve) => {
      const [, kind, id] = /\/v1\/files\/file-(output|error)-([^/]+)\/content$/.exec(url) ?? []
      const file = method === "GET" ? of(id) : undefined
      if (file !== undefined) return openAIResults(file, serve, kind === "error")
      for (const route of routes) {
        const found = route.method === method ? route.path.exec(url) : null
        if (found === null) continue
        return Effect.flatMap(Clock.currentTimeMillis, (now) => {
          const replied = route.reply(found[1] ?? "", body, now, serve)
          return Effect.isEffect(replied) ? replied : Effect.succeed(replied)
        })
      }
      return undefined
    }
  }
}
