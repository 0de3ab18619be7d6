/** @file The command line as a whole: its commands, what it says when they fail, and its exit code. */

import { Command, CommanderError } from "commander";
import pc from "picocolors";
import { type ErrorCode, LookbackError } from "../errors.ts";
import { type Cancellation, watchForCancellation } from "./cancellation.ts";
import { coloursOn } from "./colours.ts";
import { ablateCommand } from "./commands/ablate.ts";
import { activationsCommand } from "./commands/activations.ts";
import { attributeCommand } from "./commands/attribute.ts";
import { benchCommand } from "./commands/bench.ts";
import { composeCommand } from "./commands/compose.ts";
import { decomposeCommand } from "./commands/decompose.ts";
import { developCommand } from "./commands/develop.ts";
import { headsCommand } from "./commands/heads.ts";
import { modelsCommand } from "./commands/models.ts";
import { patchCommand } from "./commands/patch.ts";
import { pathCommand } from "./commands/path.ts";
import { promptsCommand } from "./commands/prompts.ts";
import { reproduceCommand } from "./commands/reproduce.ts";
import { sweepCommand } from "./commands/sweep.ts";
import { trainCommand } from "./commands/train.ts";
import { verdictCommand } from "./commands/verdict.ts";
import { watchCommand } from "./commands/watch.ts";
import { workbenchCommand } from "./commands/workbench.ts";
import type { CommandContext } from "./context.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";
import { WriteError } from "./out-file.ts";
import { progressLine } from "./progress.ts";
import { endQuietlyOnClosedPipe } from "./stdout.ts";
import { UsageError } from "./usage-error.ts";
import { packageVersion } from "./version.ts";

function buildProgram(context: CommandContext): Command {
  const program = new Command("lookback")
    .description(
      "Mechanistic interpretability: see, replace and patch every activation of a model.",
    )
    .version(packageVersion())
    .showHelpAfterError("Run with --help for what it takes.")
    .configureHelp({ sortSubcommands: false, showGlobalOptions: false })
    .addHelpText(
      "after",
      `
Every command but workbench prints JSON with --json. Exit code 0: done, 1: the run failed, 2: the
arguments were wrong, 130 or 143: stopped by Ctrl-C or SIGTERM.

Example: the post, on the bundled model
  $ lookback reproduce`,
    );
  const commands = [
    reproduceCommand,
    verdictCommand,
    activationsCommand,
    patchCommand,
    attributeCommand,
    pathCommand,
    ablateCommand,
    decomposeCommand,
    headsCommand,
    composeCommand,
    sweepCommand,
    trainCommand,
    watchCommand,
    developCommand,
    workbenchCommand,
    promptsCommand,
    modelsCommand,
    benchCommand,
  ];
  for (const make of commands) program.addCommand(make(context));
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, errorPrefix())),
    });
  }
  return program;
}

function errorPrefix(): string {
  const colours = pc.createColors(coloursOn(process.stderr));
  return `${colours.red("lookback:")} `;
}

/** Text in which no name from somebody's file moves the cursor or sends the terminal a command. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) =>
    character === "\n" || character === "\t"
      ? character
      : `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

/**
 * What to tell of work that was stopped: what is kept of it, or what went wrong besides. A broken
 * connection is no fault besides: stopping breaks it.
 */
function stoppedMessage(error: unknown): string {
  const isTold =
    error instanceof WriteError ||
    (error instanceof LookbackError &&
      (error.details.kept !== undefined || !STOPPED.includes(error.code)));
  return isTold ? error.message : "cancelled; nothing was written";
}

/** How work ends that is stopped. */
const STOPPED: readonly ErrorCode[] = ["cancelled", "offline"];

/** What to tell of an error, and the exit code that it calls for. */
function verdict(
  error: unknown,
  cancellation: Cancellation,
): { message: string; exitCode: number } {
  const cancelled = cancellation.exitCode();
  if (cancelled !== undefined) return { message: stoppedMessage(error), exitCode: cancelled };
  if (error instanceof UsageError) return { message: error.message, exitCode: EXIT.usage };
  if (error instanceof LookbackError) {
    return { message: error.message, exitCode: exitCodeOf(error.code) };
  }
  if (error instanceof WriteError) return { message: error.message, exitCode: EXIT.failed };
  // Not one of the errors that we raise: a fault of ours, so say where.
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { message: `internal error: ${trace}`, exitCode: EXIT.failed };
}

/**
 * Runs the command line and returns its exit code.
 *
 * @param argv As `process.argv`: the first two are node and this program.
 */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  endQuietlyOnClosedPipe();
  const cancellation = watchForCancellation();
  const progress = progressLine(process.stderr);
  const warn = (message: string) => {
    progress.clear();
    process.stderr.write(`${errorPrefix()}${printable(message)}\n`);
  };
  const tell = (line: string) => {
    if (!process.stderr.isTTY) process.stderr.write(`${printable(line)}\n`);
  };
  const context = { signal: cancellation.signal, progress, warn, tell };
  try {
    await buildProgram(context).parseAsync([...argv]);
    return EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    const { message, exitCode } = verdict(error, cancellation);
    warn(message);
    return exitCode;
  } finally {
    progress.clear();
  }
}
