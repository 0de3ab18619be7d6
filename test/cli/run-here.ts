/** @file Running the command without a process of its own, for all that is not about processes. */

import { vi } from "vitest";
import { runCommandLine } from "../../src/cli/program.ts";
import { type Finished, main, root } from "./run-cli.ts";

/** What the command listens to for as long as its process lives. */
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

type Done = ((error?: Error | null) => void) | undefined;

/** Takes what goes to a stream from now on. */
function captured(stream: NodeJS.WriteStream): { readonly end: () => string } {
  let text = "";
  const take = (chunk: string | Uint8Array, encoding?: BufferEncoding | Done, done?: Done) => {
    text += String(chunk);
    const told = typeof encoding === "function" ? encoding : done;
    told?.();
    return true;
  };
  const spy = vi.spyOn(stream, "write").mockImplementation(take);
  return {
    end: () => {
      spy.mockRestore();
      return text;
    },
  };
}

/**
 * Runs the command to its end within this process: what it prints and its exit code are those of a
 * process of its own, without the second that it takes to start one. One at a time.
 */
export async function here(
  args: readonly string[],
  { cwd = root, width }: { readonly cwd?: string; readonly width?: number } = {},
): Promise<Finished> {
  const before = { cwd: process.cwd(), width: process.stdout.columns };
  process.chdir(cwd);
  if (width !== undefined) process.stdout.columns = width;
  const listening = SIGNALS.map((signal) => [signal, process.listeners(signal)] as const);
  const [stdout, stderr] = [captured(process.stdout), captured(process.stderr)];
  try {
    const code = await runCommandLine([process.execPath, main, ...args]);
    return { code, stdout: stdout.end(), stderr: stderr.end() };
  } finally {
    stdout.end();
    stderr.end();
    for (const [signal, listeners] of listening) {
      for (const listener of process.listeners(signal)) {
        if (!listeners.includes(listener)) process.off(signal, listener);
      }
    }
    process.chdir(before.cwd);
    process.stdout.columns = before.width;
  }
}
