/**
 * What becomes of a request's top-level fields on the way from one format to another: one statement per field. The
 * translation, its refusals, the name of the caller's own field in an error and the table of compatibility are all read
 * from these statements, and a list of them has to name every field of its source's type.
 *
 * The rule behind all rules: what a target cannot express is refused where dropping it would change the meaning of
 * the answer, and dropped otherwise.
 */
import * as Result from "effect/Result"
import type { Translated } from "../Dialect.ts"
import type { owned } from "../RequestFields.ts"
import * as Json from "../wire/Json.ts"
import type { JsonObject } from "../wire/Json.ts"

/**
 * - `as is`: the provider speaks the caller's format, and the member travels untouched.
 * - `carried`: the target has a word that means the same.
 * - `approximated`: the target comes close; the note says how.
 * - `dropped`: left out; the answer means the same without it.
 * - `refused`: answered with a 400 `untranslatable_field` whose `param` names the member, before anything is sent.
 */
export type Fate = "as is" | "carried" | "approximated" | "dropped" | "refused"

/** A fate, with what is to be known about it. */
export type Verdict = Fate | readonly [fate: Fate, note: string]

/** The fields of a request that reach a translation: all but those that the router takes out before. */
export type FieldOf<Request> = Exclude<keyof Request & string, typeof owned[number]>

/** A row of the table of compatibility: a part of a field in the caller's words, and what becomes of it. */
export interface Row {
  /** The part in Markdown. */
  readonly label: string
  /** What it becomes in the hub, as `field` or `field:part`; absent where it gets no further. */
  readonly becomes?: string | undefined
  /** How well the hub can say it; `carried` unless said otherwise. */
  readonly verdict?: Verdict | undefined
  /** What becomes of it with the provider that speaks the caller's format, if not `as is`. */
  readonly native?: Fate | undefined
}

interface Shown {
  /** What becomes of the field in another format that the same provider speaks, which is asked in then. */
  readonly elsewhere?: Verdict | undefined
  readonly rows?: ReadonlyArray<Row> | undefined
  /** What becomes of the parts of the field that are treated otherwise than it is as a whole. */
  readonly parts?: { readonly [part: string]: Verdict } | undefined
}

/** The members a field becomes in the target. */
export type Output<Target extends string = string> = { readonly [Field in Target]?: Json.Json | undefined }

type Path<Target extends string> = Target | `${Target}.${string}`

interface Carried<Target extends string> extends Shown {
  readonly _tag: "Carried"
  readonly to: ReadonlyArray<Path<Target>>
  readonly verdict: Verdict
  /** Whether the rule makes something of a request without the field too. */
  readonly always: boolean
  readonly translate: (request: JsonObject, field: string) => Translated<Output>
  /** The caller's name of a field that this one became. */
  readonly own: (path: string, request: JsonObject, field: string) => string
}

interface Refused extends Shown {
  readonly _tag: "Refused"
  readonly because: string
  /** Whether a value asks for something at all; one that does not is dropped. */
  readonly asks: (value: Json.Json, request: JsonObject) => boolean
  /** The place within the field, such as `[1]`. */
  readonly at: (value: Json.Json) => string
  /** Whether it is refused even for callers who would rather have it left out. */
  readonly isEssential: boolean
}

interface Dropped extends Shown {
  readonly _tag: "Dropped"
  readonly because: string
}

/** The statement about one field. */
export type Rule<Target extends string> = Carried<Target> | Refused | Dropped

/** A statement about every field of a source. */
export type Rules<Source extends string, Target extends string> = { readonly [Field in Source]: Rule<Target> }

/** How a field is carried where it is not taken over as it is; one of the three ways to translate, at most. */
interface CarriedOptions<Target extends string> extends Shown {
  readonly verdict?: Verdict | undefined
  readonly always?: boolean | undefined
  /** What stands at the first path of `to`. */
  readonly value?: ((request: JsonObject) => Translated<Json.Json | undefined>) | undefined
  readonly members?: ((request: JsonObject) => Output<Target>) | undefined
  readonly attempt?: ((request: JsonObject) => Translated<Output<Target>>) | undefined
  readonly own?: ((path: string, request: JsonObject, field: string) => string) | undefined
}

/** The value at a path of one or two names. */
const at = (path: string, value: Json.Json | undefined): Output => {
  const [name = "", inner] = path.split(".")
  return value === undefined ? {} : { [name]: inner === undefined ? value : { [inner]: value } }
}

/** The statements that can be made about a field, for a target. */
export const rulesTo = <Target extends string>() => ({
  /** Said in the target's words: as the field or the fields `to`, by default one that means the same. */
  carried: (to: Path<Target> | ReadonlyArray<Path<Target>>, options: CarriedOptions<Target> = {}): Rule<Target> => {
    const { attempt, members, value } = options
    const targets = typeof to === "string" ? [to] : to
    const [first = ""] = targets
    return {
      _tag: "Carried",
      to: targets,
      verdict: options.verdict ?? "carried",
      always: options.always ?? false,
      translate: (request, field) =>
        attempt !== undefined
          ? attempt(request)
          : members !== undefined
          ? Result.succeed(members(request))
          : value === undefined
          ? Result.succeed(at(first, request[field]))
          : Result.map(value(request), (value) => at(first, value)),
      own: options.own ??
        ((path, _, field) => field + path.slice(targets.find((target) => isWithin(path, target))?.length ?? 0)),
      rows: options.rows,
      parts: options.parts
    }
  },
  /** Refused; `because` completes the sentence that begins with the field's name. */
  refused: (
    because: string,
    options: Shown & Partial<Pick<Refused, "asks" | "at" | "isEssential">> = {}
  ): Rule<Target> => ({ _tag: "Refused", because, asks: () => true, at: () => "", isEssential: false, ...options }),
  /** Left out. */
  dropped: (because: string, options: Shown = {}): Rule<Target> => ({ _tag: "Dropped", because, ...options })
})

/** Members under one name are one object: several fields may become parts of one. */
const add = (out: Map<string, Json.Json>, members: Output): void => {
  for (const [name, value] of Object.entries(members)) {
    const before = out.get(name)
    if (value !== undefined) {
      out.set(name, Json.isObject(before) && Json.isObject(value) ? { ...before, ...value } : value)
    }
  }
}

/** A request by its rules. A field that no rule names is dropped: nobody knows what it would have meant. */
export const apply = <Source extends string, Target extends string>(
  rules: Rules<Source, Target>,
  request: JsonObject
): Translated<JsonObject> => {
  const out = new Map<string, Json.Json>()
  for (const [field, rule] of Object.entries<Rule<Target>>(rules)) {
    const value = Json.isGiven(request, field) ? request[field] : undefined
    if (rule._tag === "Refused" && value !== undefined && rule.asks(value, request)) {
      const place = field + rule.at(value)
      return Result.fail({
        field: place,
        message: `\`${place}\` ${rule.because}`,
        isEssential: rule.isEssential
      })
    }
    if (rule._tag !== "Carried" || (value === undefined && !rule.always)) continue
    const translated = rule.translate(request, field)
    if (Result.isFailure(translated)) return Result.fail(translated.failure)
    add(out, translated.success)
  }
  return Result.succeed(Object.fromEntries(out))
}

const isWithin = (path: string, field: string): boolean =>
  path === field || path.startsWith(`${field}.`) || path.startsWith(`${field}[`)

/** What the caller calls a field of its request in the target's form: of the fields it may come from, the one given. */
export const fieldOf = <Source extends string, Target extends string>(
  rules: Rules<Source, Target>,
  path: string,
  request: JsonObject
): string => {
  const sources = Object.entries<Rule<Target>>(rules).flatMap(([field, rule]) =>
    rule._tag === "Carried" && rule.to.some((to) => isWithin(path, to)) ? [{ field, rule }] : []
  )
  const found = sources.find(({ field }) => Json.isGiven(request, field)) ?? sources[0]
  return found === undefined ? path : found.rule.own(path, request, found.field)
}

/** What a target's rules make of a field of the hub, or of a part of it as `field:part`. */
export const verdictOf = (
  rules: { readonly [field: string]: Rule<string> },
  becomes: string
): Verdict => {
  const [field = "", part = ""] = becomes.split(":")
  const rule = rules[field]
  if (rule === undefined) return "dropped"
  const { elsewhere, parts = {} } = rule
  if (Object.hasOwn(parts, part)) return parts[part] ?? "dropped"
  if (elsewhere !== undefined) return elsewhere
  return rule._tag === "Carried" ? rule.verdict : rule._tag === "Refused" ? "refused" : "dropped"
}
