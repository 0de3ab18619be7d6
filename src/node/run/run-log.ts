/**
 * @file `log.jsonl`: what a run has seen so far, a line of JSON each. A run that goes on from a
 * checkpoint cuts off what came after it, since it will come again.
 */

import { appendFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { LookbackError } from "../../errors.ts";
import { hasSystemCode } from "../system-error.ts";
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

/**
 * The lines of a log in order, none where there is no log yet; a last line that is not whole is left out.
 *
 * @throws LookbackError `bad-file` for a log that cannot be read, and for a line that is no JSON.
 */
export async function readLog(run: string): Promise<LogLine[]> {
  const path = runPath(run, "log");
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    if (hasSystemCode(cause, "ENOENT")) return "";
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LookbackError("bad-file", `cannot read ${path}: ${reason}`, { path }, { cause });
  });
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  return whole.split("\n").flatMap((line, i) => (line === "" ? [] : [parsed(line, path, i + 1)]));
}

function parsed(line: string, path: string, number: number): LogLine {
  try {
    return JSON.parse(line) as LogLine;
  } catch (cause) {
    throw new LookbackError(
      "bad-file",
      `line ${number} of ${path} is no JSON; mend it or take it out`,
      { path, line: number },
      { cause },
    );
  }
}

/**
 * Opens the log of a run that stands after so many steps; -1 before the fit of bigrams.
 *
 * @throws what `readLog` throws, with the log as it was; `unwritable`.
 */
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
