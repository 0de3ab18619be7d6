/** @file `lookback workbench`: the page in which a model can be looked at and changed. */

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { integer } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import { serveWorkbench } from "../workbench-server.ts";

interface WorkbenchOptions {
  readonly run?: string;
  readonly port: number;
  readonly open: boolean;
}

/** The package's root is as far above `src/cli/commands` as above `dist/cli/commands`. */
const ROOT = new URL("../../../", import.meta.url);

/** What opens an address in the browser that the user has set. */
function openerOf(platform: NodeJS.Platform): readonly [command: string, ...args: string[]] {
  if (platform === "darwin") return ["open"];
  if (platform === "win32") return ["cmd", "/c", "start", ""];
  return ["xdg-open"];
}

/** Opens an address; where nothing can, the address that was printed has to do. */
function openInBrowser(url: string): void {
  const [command, ...args] = openerOf(process.platform);
  const child = spawn(command, [...args, url], { stdio: "ignore", detached: true });
  child.on("error", () => {});
  child.unref();
}

async function runWorkbench({ run, port, open }: WorkbenchOptions, { signal }: CommandContext) {
  const server = await serveWorkbench(
    {
      pages: fileURLToPath(new URL("dist/workbench", ROOT)),
      models: fileURLToPath(new URL("models", ROOT)),
      ...(run !== undefined && { run }),
    },
    port,
  );
  process.stdout.write(`the workbench is at ${server.url} (Ctrl+C ends it)\n`);
  if (open) openInBrowser(server.url);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await server.close();
}

/** Makes the command. */
export function workbenchCommand(context: CommandContext): Command {
  return new Command("workbench")
    .description("open the page in which a model can be looked at and changed")
    .option("--run <folder>", "open on a training run, with a slider over its checkpoints")
    .option("--port <n>", "port on 127.0.0.1; 0 takes any that is free", integer(0, 65_535), 0)
    .option("--no-open", "do not open the browser")
    .addHelpText(
      "after",
      `
Examples:
  $ lookback workbench
  $ lookback workbench --run runs/tiny
  $ lookback workbench --port 8080 --no-open`,
    )
    .action((options: WorkbenchOptions) => runWorkbench(options, context));
}
