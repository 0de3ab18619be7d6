/** @file The run that `lookback workbench --run` serves. */

import { z } from "zod";
import type { RunIndex } from "../../../src/cli/workbench-index.ts";
import { LookbackError } from "../../../src/errors.ts";
import { LONGEST_NAME } from "../state/link.ts";
import { CHECKPOINTS, type Run } from "./run.ts";
import { readLog } from "./run-log.ts";

const name = z.string().min(1).max(LONGEST_NAME);

const schema = z.object({
  name,
  folder: z.string().min(1),
  isTraining: z.boolean(),
  checkpoints: z
    .array(
      z.object({
        name: z.string().regex(/^step-\d{8,}$/),
        steps: z.int().min(0),
        tokens: z.int().min(0).nullable(),
      }),
    )
    .min(1),
}) satisfies z.ZodType<RunIndex>;

/** Whether the page's server has a run: its address says so, since asking where there is none is an error. */
export function servesRun({ search }: Pick<Location, "search">): boolean {
  return new URLSearchParams(search).has("run");
}

/**
 * Fetches what there is of the run.
 *
 * @throws LookbackError `offline`, `not-found`, `bad-file`.
 */
export async function fetchServedRun(): Promise<Run> {
  const [index, log] = await Promise.all([fetchIndex(), fetchLog()]);
  const { seen, looks } = readLog(log);
  return {
    name: index.name,
    folder: `${index.folder}/${CHECKPOINTS}`,
    origin: "served",
    isTraining: index.isTraining,
    checkpoints: index.checkpoints.map((checkpoint) => ({
      ...checkpoint,
      source: {
        kind: "site",
        folder: `run/${CHECKPOINTS}/${checkpoint.name}`,
        name: `${index.name}/${checkpoint.name}`,
      },
      seen: seen.get(checkpoint.steps) ?? null,
    })),
    looks,
  };
}

/** How long a run that is being trained is left alone before it is asked for again, in milliseconds. */
const PAUSE = 5000;

/** As often in a row as it may fail to answer before the server is taken to be gone. */
const MOST_FAILURES = 12;

/** Hands on what there is of the run, again and again until it is trained or the server is gone. */
export async function followServedRun(onRun: (run: Run) => void): Promise<void> {
  let failures = 0;
  for (let run: Run | undefined; run?.isTraining !== false; ) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    if (document.hidden) continue;
    try {
      run = await fetchServedRun();
      failures = 0;
    } catch {
      if (++failures === MOST_FAILURES) return;
      continue;
    }
    onRun(run);
  }
}

async function fetchIndex(): Promise<RunIndex> {
  const response = await fetch(new URL("run/index.json", document.baseURI)).catch((cause) => {
    throw new LookbackError("offline", "the server of this page does not answer", {}, { cause });
  });
  if (!response.ok) {
    const advice =
      "it was opened with ?run in its address: start lookback workbench --run <folder>";
    throw new LookbackError(
      "not-found",
      `this page has no run (HTTP ${response.status}); ${advice}`,
    );
  }
  const parsed = schema.safeParse(await response.json().catch(() => undefined));
  if (parsed.success) return parsed.data;
  throw new LookbackError("bad-file", "run/index.json is no index of a run of this version");
}

/** A run that was not looked at while it was trained has no log, and does without. */
async function fetchLog(): Promise<string> {
  const response = await fetch(new URL("run/log.jsonl", document.baseURI)).catch(() => undefined);
  return response?.ok ? response.text() : "";
}
