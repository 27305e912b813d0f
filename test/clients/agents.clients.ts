/**
 * Coding agents, each in a home of its own with made-up keys: the model runs one command of theirs and then answers, and
 * does so again when the session is taken up.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { Behavior, type Script } from "../../src/simulator/index.ts"
import type { JsonObject } from "../../src/wire/Json.ts"
import * as Client from "./running.ts"

interface Place {
  readonly home: string
  readonly work: string
  readonly url: string
  readonly model: string
}

/** How an agent is started, and how it wants a command of the shell. */
interface Agent {
  readonly command: string
  readonly settings: (place: Place) => { readonly [file: string]: string }
  readonly variables: (place: Place) => { readonly [name: string]: string }
  readonly options: (place: Place) => ReadonlyArray<string>
  /** How it takes up what it did last. */
  readonly again: (place: Place) => ReadonlyArray<string>
  /** The tool that runs a command, by the names it has had. */
  readonly shell: { readonly [tool: string]: (command: string) => JsonObject }
}

const opencode = (provider: string): Agent => ({
  command: "opencode",
  settings: ({ model, url }) => ({
    ".config/opencode/opencode.json": JSON.stringify({
      autoupdate: false,
      share: "disabled",
      permission: { bash: "allow" },
      provider: { [provider]: { options: { baseURL: `${url}/v1`, apiKey: "any" }, models: { [model]: {} } } }
    })
  }),
  variables: () => ({ OPENCODE_DISABLE_MODELS_FETCH: "1", OPENCODE_DISABLE_AUTOUPDATE: "1" }),
  options: ({ model }) => ["run", "-m", `${provider}/${model}`, "Do it."],
  again: ({ model }) => ["run", "-c", "-m", `${provider}/${model}`, "Do it again."],
  shell: { bash: (command) => ({ command, description: "Says where it is" }) }
})

const agents: { readonly [name: string]: Agent } = {
  "Codex": {
    command: "codex",
    settings: ({ url }) => ({
      ".codex/config.toml": [
        "model_provider = \"flex\"",
        "check_for_update_on_startup = false",
        "[model_providers.flex]",
        "name = \"flex\"",
        `base_url = "${url}/v1"`,
        "env_key = \"FLEX_KEY\"",
        "wire_api = \"responses\"",
        "[analytics]",
        "enabled = false"
      ].join("\n")
    }),
    variables: ({ home }) => ({ CODEX_HOME: path.join(home, ".codex"), FLEX_KEY: "any" }),
    options: ({ model }) => [
      "exec",
      "--skip-git-repo-check",
      "--dangerously-bypass-approvals-and-sandbox",
      "-m",
      model,
      "Do it."
    ],
    again: ({ model }) => [
      "exec",
      "--skip-git-repo-check",
      "--dangerously-bypass-approvals-and-sandbox",
      "-m",
      model,
      "resume",
      "--last",
      "Do it again."
    ],
    shell: {
      exec_command: (cmd) => ({ cmd }),
      shell_command: (command) => ({ command }),
      shell: (command) => ({ command: ["sh", "-c", command] })
    }
  },
  "Claude Code": {
    command: "claude",
    settings: () => ({}),
    variables: ({ url }) => ({
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_API_KEY: "any",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      DISABLE_AUTOUPDATER: "1"
    }),
    options: ({ model }) => ["-p", "Do it.", "--model", model, "--allowedTools", "Bash"],
    again: ({ model }) => ["-c", "-p", "Do it again.", "--model", model, "--allowedTools", "Bash"],
    shell: { Bash: (command) => ({ command, description: "Says where it is" }) }
  },
  "opencode by OpenAI's provider": opencode("openai"),
  "opencode by Anthropic's provider": opencode("anthropic")
}

// What only a shell makes of it is in no request before it has run.
const command = "echo seen-$((6 * 7))"
const printed = "seen-42"

/** Calls the agent's shell where it is offered, once; whatever else the agent asks for is answered as it would be. */
const script = (agent: Agent): Script.Script => ({ prompt }) => {
  const name = prompt.tools.find((tool) => Object.hasOwn(agent.shell, tool.name))?.name
  const call = name === undefined ? undefined : agent.shell[name]
  if (name === undefined || call === undefined) return Behavior.answer({ text: "A title" })
  return prompt.afterTool
    ? Behavior.answer({ text: "All is done." })
    : Behavior.answer({
      text: undefined,
      search: undefined,
      calls: [{ name, arguments: call(command) }]
    })
}

interface Ended {
  readonly failed: boolean
  readonly said: string
}

const start = (agent: Agent, options: ReadonlyArray<string>, place: Place): Effect.Effect<Ended> =>
  Effect.callback((resume) => {
    const program = path.join(Client.folderOf("agents"), "node_modules", ".bin", agent.command)
    const child = execFile(program, options, {
      cwd: place.work,
      env: { PATH: process.env["PATH"], HOME: place.home, NO_COLOR: "1", ...agent.variables(place) },
      timeout: 120_000,
      maxBuffer: 16 * 1024 * 1024
    }, (error, stdout, stderr) => resume(Effect.succeed({ failed: error !== null, said: `${stdout}\n${stderr}` })))
    child.stdin?.end()
    return Effect.sync(() => child.kill())
  })

const folder = Effect.acquireRelease(
  Effect.sync(() => realpathSync(mkdtempSync(path.join(tmpdir(), "flexinference-agent-")))),
  (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true, maxRetries: 5 }))
)

const place = (agent: Agent, url: string, model: string) =>
  Effect.map(folder, (made): Place => {
    const place = { home: path.join(made, "home"), work: path.join(made, "work"), url, model }
    mkdirSync(place.work, { recursive: true })
    for (const [file, text] of Object.entries({ ".keep": "", ...agent.settings(place) })) {
      mkdirSync(path.dirname(path.join(place.home, file)), { recursive: true })
      writeFileSync(path.join(place.home, file), text)
    }
    return place
  })

if (!Client.installed("agents")) it.skip(Client.missing("agents", "coding agents"))
else {
  describe.each(Object.keys(agents))("%s", (name) => {
    for (const model of Client.models) {
      it.live(`runs a command, answers, and does so again on ${model}`, () =>
        Effect.gen(function*() {
          const agent = agents[name] ?? assert.fail("no such agent")
          const { simulator, url } = yield* Client.gateway(script(agent))
          const here = yield* place(agent, url, model)
          for (const options of [agent.options(here), agent.again(here)]) {
            const { failed, said } = yield* start(agent, options, here)
            assert.isFalse(failed, said)
            assert.include(said, "All is done.")
          }
          const calls = yield* simulator.ledger
          const refused = calls.filter(({ outcome }) => outcome === "refused" || outcome === "failed")
          // The second turn still has what the command printed in the first.
          assert.isTrue(calls.some(({ bodyText }) => bodyText.split(printed).length > 2), "what was printed, twice")
          assert.deepStrictEqual(refused.map(({ body, outcome, url }) => ({ body, outcome, url })), [])
          Client.savedWhereItCan(calls.filter((call) => call.model === model), model)
        }).pipe(Effect.scoped))
    }

    it.live("is carried over to another vendor's flex by nothing but the model's name", () =>
      Effect.gen(function*() {
        const agent = agents[name] ?? assert.fail("no such agent")
        const { simulator, url } = yield* Client.aliased(script(agent))
        const here = yield* place(agent, url, Client.alias.name)
        const { failed, said } = yield* start(agent, agent.options(here), here)
        assert.isFalse(failed, said)
        assert.include(said, "All is done.")
        const calls = (yield* simulator.ledger).filter((call) => call.model === Client.alias.model)
        assert.isNotEmpty(calls)
        Client.savedWhereItCan(calls, Client.alias.model)
      }).pipe(Effect.scoped))
  })
}
