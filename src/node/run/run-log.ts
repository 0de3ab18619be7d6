/**
 * @file `log.jsonl`: what a run has seen so far, a line of JSON each. A run that goes on from a
 * checkpoint cuts off what came after it, since it will come again.
 */

import { appendFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { replaceFile, runPath, unwritable } from "./run-files.ts";

/** A line of the log; which fields it has beside these hangs on its kind. */
export interface LogLine {
  /** `bigrams`: a step of the start; `step`: steps of training; `look`: what was measured. */
  readonly kind: "bigrams" | "step" | "look";
  readonly step: number;
}

/** A log that can be added to. */
export interface RunLog {
  append(line: LogLine & Readonly<Record<string, unknown>>): void;
}

/** The lines of a log in order; a last line that is not whole is left out. */
export async function readLog(run: string): Promise<LogLine[]> {
  const text = await readFile(runPath(run, "log"), "utf8").catch(() => "");
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  return whole
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as LogLine);
}

/** Opens the log of a run that stands after so many steps; -1 before the fit of bigrams. */
export async function openLog(run: string, steps: number): Promise<RunLog> {
  const path = runPath(run, "log");
  const lines = (await readLog(run)).filter(({ kind, step }) =>
    kind === "bigrams" ? steps >= 0 : step <= steps,
  );
  await replaceFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return {
    append(line) {
      try {
        appendFileSync(path, `${JSON.stringify(line)}\n`);
      } catch (error) {
        throw unwritable(path, error);
      }
    },
  };
}
