/** @file `lookback watch`: a training run while it goes on, or as it stands. */

import { setTimeout as pause } from "node:timers/promises";
import { Command } from "commander";
import type { WatchView } from "../../report/development/watch-screen.ts";
import type { CommandContext } from "../context.ts";
import { stableJson } from "../json.ts";
import { type OutFile, openOutFile } from "../out-file.ts";
import { paletteOf } from "../palette.ts";
import { writeStdout } from "../stdout.ts";
import { packageVersion } from "../version.ts";
import { openScreen } from "../watch-terminal.ts";

interface WatchCommandOptions {
  readonly once?: true;
  readonly json?: true;
  readonly out?: string;
}

/** Between two readings of the log. */
const INTERVAL_MS = 1000;
/** Seconds after which the page loads itself again. */
const REFRESH_SECONDS = 20;

/** Writes the page where it is new: after each look, and once more when the run has ended. */
class WatchPage {
  readonly #path: string;
  /** Opened before the first look, so that a path which cannot be written costs no waiting. */
  #file: OutFile | undefined;
  readonly #command: string;
  #drawn = "";

  constructor(path: string, run: string) {
    this.#path = path;
    this.#file = openOutFile(path);
    this.#command = `lookback develop ${run}`;
  }

  async write({ run, standing }: WatchView): Promise<void> {
    const state = `${standing.state} ${run?.looks.length ?? 0}`;
    if (run === null || state === this.#drawn) return;
    this.#drawn = state;
    const { renderDevelopment } = await import("../../report/development/html.ts"); // draws, and takes a while to load
    const { development } = await import("../../development/across-runs.ts");
    const html = await renderDevelopment(development([run]), {
      version: packageVersion(),
      command: this.#command,
      refresh: standing.state === "running" ? REFRESH_SECONDS : undefined,
    });
    const file = this.#file ?? openOutFile(this.#path);
    this.#file = undefined;
    await file.write(html);
  }
}

/** How a view reaches the reader. */
interface Teller {
  readonly tell: (view: WatchView) => Promise<void>;
  readonly end: (view: WatchView) => Promise<void>;
}

async function screenTeller(): Promise<Teller> {
  const { renderWatch } = await import("../../report/development/watch-screen.ts");
  const draw = (view: WatchView) =>
    renderWatch(view, {
      width: process.stdout.columns || 100,
      palette: paletteOf(process.stdout),
    });
  const screen = openScreen(process.stdout);
  return {
    tell: async (view) => screen.draw(draw(view)),
    end: (view) => {
      screen.close();
      return writeStdout(draw(view));
    },
  };
}

/** One line a look, and one where the run stands in the end. */
async function lineTeller(): Promise<Teller> {
  const { lookLine, standingText } = await import("../../report/development/watch-screen.ts");
  let told = -1;
  const tell = async ({ run }: WatchView) => {
    for (const look of run?.looks ?? []) {
      if (look.tokens <= told) continue;
      told = look.tokens;
      await writeStdout(`${lookLine(look)}\n`);
    }
  };
  return {
    tell,
    end: async (view) => {
      await tell(view);
      await writeStdout(`${standingText(view.standing)}\n`);
    },
  };
}

async function runWatch(
  path: string,
  { once, json, out }: WatchCommandOptions,
  { signal }: CommandContext,
): Promise<void> {
  const { WatchedRun } = await import("../watch-run.ts");
  const watched = new WatchedRun(path);
  let view = await watched.read(); // or it is no run, and nothing is opened
  const page = out === undefined ? undefined : new WatchPage(out, path);
  if (once || json) {
    await page?.write(view);
    if (json) return writeStdout(stableJson(view));
    const { renderWatch } = await import("../../report/development/watch-screen.ts");
    const look = { width: process.stdout.columns || 100, palette: paletteOf(process.stdout) };
    return writeStdout(renderWatch(view, look));
  }
  const teller = process.stdout.isTTY ? await screenTeller() : await lineTeller();
  try {
    for (;;) {
      await teller.tell(view);
      await page?.write(view);
      if (view.standing.state !== "running" || signal.aborted) break;
      // Ctrl-C is how one leaves, so it is no failure.
      await pause(INTERVAL_MS, undefined, { signal }).catch(() => {});
      view = await watched.read();
    }
  } finally {
    await teller.end(view);
  }
}

/** Makes the command. */
export function watchCommand(context: CommandContext): Command {
  return new Command("watch")
    .description("a training run as it goes on: losses, heads, and the table by length")
    .argument("<run>", "the folder of a training run")
    .option("--once", "draw it as it stands, and end")
    .option("--json", "print it as it stands as JSON on stdout, and nothing else")
    .option("--out <file>", "also keep a page of it here, as HTML that loads itself again")
    .addHelpText(
      "after",
      `
Ends when the run does; Ctrl-C leaves, and the run goes on. Where stdout is no terminal, a line is printed
for each look.

Examples:
  $ lookback watch runs/x
  $ lookback watch runs/x --out watch.html
  $ lookback watch runs/x --once`,
    )
    .action((path: string, options: WatchCommandOptions) => runWatch(path, options, context));
}
