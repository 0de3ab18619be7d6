/**
 * @file `log.jsonl`: what a run has seen so far, a line of JSON each. A run that goes on from a
 * checkpoint cuts off what came after it, since it will come again.
 */

import { appendFileSync, closeSync, fsyncSync, openSync } from "node:fs";
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
  /** Waits until the disk has what was added. */
  sync(): void;
}

/** What there is in a log. */
interface FoundLines {
  /** Those that are whole, up to the first that is no JSON, and behind it. */
  readonly before: readonly LogLine[];
  readonly behind: readonly LogLine[];
  /** What is wrong with the line between them; undefined where there is none. */
  readonly wrong: LookbackError | undefined;
}

/**
 * The lines of a log in order, none where there is no log yet; a last line that is not whole is left out.
 *
 * @throws LookbackError `bad-file` for a log that cannot be read, and for a line that is no JSON.
 */
export async function readLog(run: string): Promise<LogLine[]> {
  const { before, wrong } = await findLines(run);
  if (wrong !== undefined) throw wrong;
  return [...before];
}

async function findLines(run: string): Promise<FoundLines> {
  const path = runPath(run, "log");
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    if (hasSystemCode(cause, "ENOENT")) return "";
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LookbackError("bad-file", `cannot read ${path}: ${reason}`, { path }, { cause });
  });
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  const before: LogLine[] = [];
  const behind: LogLine[] = [];
  let wrong: LookbackError | undefined;
  for (const [i, line] of whole.split("\n").entries()) {
    if (line === "") continue;
    try {
      (wrong === undefined ? before : behind).push(JSON.parse(line) as LogLine);
    } catch (cause) {
      wrong ??= noJson(path, i + 1, cause);
    }
  }
  return { before, behind, wrong };
}

function noJson(path: string, line: number, cause: unknown): LookbackError {
  return new LookbackError(
    "bad-file",
    `line ${line} of ${path} is no JSON; mend it or take it out`,
    { path, line },
    { cause },
  );
}

/**
 * Opens the log of a run that stands after so many steps; -1 before the fit of bigrams. What is no JSON
 * goes where all that comes of these steps stands before it: after a power cut, the end of a file may be
 * zeros.
 *
 * @throws LookbackError `bad-file` for a log that cannot be read, and for a line that is no JSON among
 *   those of these steps, with the log as it was; `unwritable`.
 */
export async function openLog(run: string, steps: number): Promise<RunLog> {
  const path = runPath(run, "log");
  const { before, behind, wrong } = await findLines(run);
  const isKept = ({ kind, step }: LogLine) => (kind === "bigrams" ? steps >= 0 : step <= steps);
  if (wrong !== undefined) {
    // A checkpoint comes behind the line of its last step.
    const isWhole = steps <= 0 || before.some(({ kind, step }) => kind === "step" && step >= steps);
    if (!isWhole || behind.some(isKept)) throw wrong;
  }
  const lines = before.filter(isKept);
  await replaceFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const written = (work: () => void) => {
    try {
      work();
    } catch (error) {
      throw unwritable(path, error);
    }
  };
  return {
    append: (line) => written(() => appendFileSync(path, `${JSON.stringify(line)}\n`)),
    sync: () =>
      written(() => {
        const file = openSync(path, "r+");
        try {
          fsyncSync(file);
        } finally {
          closeSync(file);
        }
      }),
  };
}
