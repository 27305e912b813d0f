#!/usr/bin/env node
/** The command `flexinference`, on Node. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import * as Layer from "effect/Layer"
import * as References from "effect/References"
import * as Runtime from "effect/Runtime"
import process from "node:process"
import { Ask } from "./Ask.ts"
import * as CommandFailed from "./CommandFailed.ts"
import { Simulate } from "./Simulate.ts"
import * as Style from "./Style.ts"
import { Doctor } from "./Doctor.ts"
import * as Help from "./Help.ts"
import { Models } from "./Models.ts"
import { Defer } from "./Defer.ts"
import { Jobs } from "./Jobs.ts"
import { Run } from "./Run.ts"
import { Serve } from "./Serve.ts"
import { Usage } from "./Usage.ts"
import { version } from "./Version.ts"

const explained = ["serve", "ask", "run", "defer", "jobs", "models", "usage", "simulate", "doctor"]

const root = Command.make("flexinference").pipe(
  Command.withDescription("Half-price flex inference with a start deadline: a gateway, and a question from the shell."),
  Command.withSubcommands([
    Serve,
    Ask,
    Run,
    Defer,
    Jobs,
    Models,
    Usage,
    Simulate,
    Doctor,
    Help.of(explained, (args) => Effect.suspend(() => run(args)))
  ])
)

const run: (args: ReadonlyArray<string>) => Help.Run = Command.runWith(root, { version })

const presenter: CliOutput.Presenter = {
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Console.error([
        ...event.errors.map(({ message }) => `${Style.of(process.stderr).red("error:")} ${message}`),
        `See ${event.commandPath.join(" ")} --help.`
      ].join("\n"))
      : CliOutput.defaultPresenter.present(event)
}

const layer = Layer.mergeAll(
  NodeServices.layer,
  CliOutput.layerPresenter(presenter),
  CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] }),
  // stdout is for answers.
  Layer.succeed(References.LogToStderr, true)
)

/** A command that sets the process's exit code has ended in order, even where a signal ended it. */
const teardown: Runtime.Teardown = (exit, onExit) =>
  process.exitCode === undefined ? Runtime.defaultTeardown(exit, onExit) : onExit(Number(process.exitCode))

// Whoever reads our output may go away. A write that matters reports its own failure; the stream's event, unheard,
// would end the process with a stack trace.
process.stdout.on("error", constVoid)
process.stderr.on("error", constVoid)

Command.run(root, { version }).pipe(
  Effect.tapCause((cause) =>
    Effect.andThen(
      Effect.forEach(CommandFailed.lines(cause, Style.of(process.stderr)), (line) => Console.error(line)),
      Effect.sync(() => (process.exitCode = CommandFailed.codeOf(cause)))
    )
  ),
  Effect.provide(layer),
  NodeRuntime.runMain({ disableErrorReporting: true, teardown })
)
