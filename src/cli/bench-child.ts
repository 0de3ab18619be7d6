/** @file Starting a process that measures one thing, and waiting for what it says. */

import { type ChildProcess, fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { LookbackError } from "../errors.ts";
import type { BenchMessage, BenchRequest, Results } from "./bench-protocol.ts";

/** The same kind of file as this one: a source where it runs from sources, else what was built of it. */
const PROGRAM = fileURLToPath(
  new URL(`./bench-process${extname(import.meta.url)}`, import.meta.url),
);

/** The end of a process that did not answer. */
function ended(code: number | null, signal: NodeJS.Signals | null): Error {
  const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
  const why = signal === "SIGKILL" ? "; the system does so where memory runs out" : "";
  return new Error(`a process of the bench was ended ${how}${why}`);
}

function answerOf<Kind extends keyof Results>(
  child: ChildProcess,
  onProgress: (label: string) => void,
): Promise<Results[Kind]> {
  return new Promise((resolve, reject) => {
    child.on("message", (message: BenchMessage) => {
      if (message.kind === "progress") onProgress(message.label);
      else if (message.kind === "done") resolve(message.result as Results[Kind]);
      else reject(new LookbackError(message.code, message.message));
    });
    child.on("error", reject);
    child.on("exit", (code, signal) => reject(ended(code, signal)));
  });
}

/**
 * Measures one thing in a process of its own, which ends with it.
 *
 * @throws LookbackError as the process does; what the signal was aborted with.
 */
export async function measureInProcess<Kind extends keyof Results>(
  request: BenchRequest & { readonly job: { readonly kind: Kind } },
  { signal, onProgress }: { signal: AbortSignal; onProgress: (label: string) => void },
): Promise<Results[Kind]> {
  signal.throwIfAborted();
  // Standard output is for the result alone.
  const child = fork(PROGRAM, { stdio: ["ignore", 2, 2, "ipc"] });
  const kill = () => void child.kill("SIGKILL"); // deep in arithmetic it hears nothing else
  signal.addEventListener("abort", kill);
  process.on("exit", kill);
  try {
    child.send(request);
    return await answerOf<Kind>(child, onProgress);
  } finally {
    kill();
    process.off("exit", kill);
    signal.removeEventListener("abort", kill);
  }
}
