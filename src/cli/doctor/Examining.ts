/** What `flexinference doctor` does; loaded only when it is asked. */
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import process from "node:process"
import * as Provider from "../../Provider.ts"
import * as Router from "../../Router.ts"
import * as StartWithin from "../../StartWithin.ts"
import * as DurationText from "../../wire/DurationText.ts"
import * as Json from "../../wire/Json.ts"
import * as Choice from "../ask/Choice.ts"
import * as CommandFailed from "../CommandFailed.ts"
import * as Output from "../Output.ts"
import * as Style from "../Style.ts"
import * as Finding from "./Finding.ts"
import * as Variables from "./Variables.ts"

export interface Options {
  readonly startWithin: Option.Option<string>
  readonly timeout: Option.Option<string>
  readonly retries: number
  readonly offline: boolean
  readonly json: boolean
}

/** Prints what was found, and fails where something is broken. */
export const examine = (
  options: Options
): Effect.Effect<void, CommandFailed.CommandFailed, Stdio.Stdio> =>
  Effect.gen(function*() {
    const patience = yield* patienceOf(options)
    const named = Option.getOrUndefined(yield* variable(Choice.modelVariable))
    const findings: ReadonlyArray<Finding.Finding> = [
      Finding.node(process.versions.node),
      ...Finding.variables(Object.keys(process.env), Variables.known),
      ...Variables.surroundings(process.env),
      ...(yield* providers(options)),
      ...(named === undefined ? [] : [Finding.model(named, patience.window, yield* Clock.currentTimeMillis)]),
      Finding.outerTimeout(patience),
      Finding.retries(patience)
    ]
    yield* Output.print(Stream.succeed(
      options.json ? `${JSON.stringify(findings, null, 2)}\n` : shown(findings, Style.of(process.stdout))
    ))
    const broken = findings.filter(({ level }) => level === "problem").length
    if (broken > 0) {
      return yield* CommandFailed.make(broken === 1 ? "one thing is broken" : `${broken} things are broken`)
    }
  })

const variable = (name: string) =>
  Effect.mapError(Config.option(Config.String(name)), (error) => CommandFailed.fromConfig(error))

const patienceOf = (options: Options) =>
  Effect.gen(function*() {
    const wanted = Choice.wanted({ flag: options.startWithin, variable: yield* variable(Choice.windowVariable) })
    const timeout = Option.match(options.timeout, {
      onNone: () => Result.succeed(Variables.timeout(process.env)),
      onSome: (text) => {
        const duration = DurationText.parse(text)
        return duration === undefined
          ? Result.fail(`--timeout: ${JSON.stringify(text)}. Expected: a duration such as ${DurationText.accepted}`)
          : Result.succeed({ duration, source: "what stands before the router" })
      }
    })
    const problems = Arr.getFailures([wanted, timeout])
    if (Arr.isReadonlyArrayNonEmpty(problems)) return yield* CommandFailed.usage(problems)
    return {
      window: StartWithin.toDuration(Result.getOrThrow(wanted).startWithin),
      timeout: Result.getOrThrow(timeout),
      retries: options.retries
    } satisfies Finding.Patience
  })

/** Those whose key is set are asked, all at once; of the others it is said that they cannot be. */
const providers = ({ offline }: Options) =>
  Effect.gen(function*() {
    const each = Effect.forEach(Object.values(Router.providers), (provider) =>
      Effect.matchEffect(Config.option(Provider.config(provider)), {
        onFailure: (error) =>
          Effect.succeed({
            set: true,
            finding: Finding.problem(provider.name, CommandFailed.fromConfig(error).message)
          }),
        onSuccess: Option.match({
          onNone: () =>
            Effect.succeed({
              set: false,
              finding: Finding.ok(
                provider.name,
                `no key: its models cannot be asked until ${provider.keyVariables[0]} is set`
              )
            }),
          onSome: (connected) =>
            Effect.map(offline ? Effect.succeed(undefined) : reach(connected), (reached) => ({
              set: true,
              finding: findingOf(connected, reached)
            }))
        })
      }), { concurrency: "unbounded" })
    const found = yield* each
    return found.some(({ set }) =>
        set
      )
      ? found.map(({ finding }) =>
        finding
      )
      : [
        ...found.map(({ finding }) => finding),
        Finding.warning("keys", "no provider key is set: every answer is simulated")
      ]
  })

const findingOf = ({ connection, provider }: Provider.Connected, reached: Finding.Reach | undefined) =>
  reached === undefined ? Finding.ok(provider.name, `a key is set, for ${connection.baseUrl}`) : Finding.provider({
    name: provider.name,
    baseUrl: connection.baseUrl,
    baseUrlVariable: provider.baseUrlVariable,
    keyVariable: provider.keyVariables[0]
  }, reached)

/** A provider that does not answer for so long does not answer. */
const patience = Duration.seconds(10)

/** The list of models stands beside what is asked for answers, with every provider, and costs nothing. */
const reach = ({ connection, provider }: Provider.Connected): Effect.Effect<Finding.Reach> =>
  Effect.gen(function*() {
    const { headers, url } = provider.endpoint({
      dialect: provider.dialects[0],
      stream: false,
      deadline: patience
    }, connection)
    const response = yield* HttpClient.get(new URL("models", url).href, { headers: { ...headers, accept: "*/*" } })
    const text = yield* response.text
    const failure = provider.failureOf({
      status: response.status,
      headers: response.headers,
      body: Json.parseObject(text),
      text,
      receivedAt: yield* Clock.currentTimeMillis
    })
    return {
      _tag: "Answered",
      status: response.status,
      refused: response.status >= 400 && isRefusal(provider.verdict(failure)),
      gateway: response.headers["x-flexinference-request-id"] !== undefined
    } as const
  }).pipe(
    Effect.timeout(patience),
    Effect.catch((error) => Effect.succeed({ _tag: "Unreachable", cause: causeOf(error) } as const)),
    Effect.provide(FetchHttpClient.layer),
    // The key stays where it was sent.
    Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" })
  )

const isRefusal = (verdict: Provider.Verdict): boolean =>
  (typeof verdict === "string" ? verdict : verdict.class) === "authentication"

/** What the system says, wherever it stands: clients wrap it. */
const causeOf = (error: unknown): string => {
  let cause = error
  for (let depth = 0; depth < 5 && cause instanceof Error && cause.cause instanceof Error; depth++) cause = cause.cause
  if (!(cause instanceof Error)) return "it does not answer"
  const code = Object.hasOwn(cause, "code") ? String(Object.entries(cause).find(([name]) => name === "code")?.[1]) : ""
  return cause.message === "" ? code : cause.message
}

const shown = (findings: ReadonlyArray<Finding.Finding>, style: Style.Style): string => {
  const marks = { ok: style.green("ok  "), warning: style.yellow("warn"), problem: style.red("FAIL") }
  return findings.map(({ level, message, subject }) => `${marks[level]}  ${style.bold(subject)}: ${message}\n`).join("")
}
