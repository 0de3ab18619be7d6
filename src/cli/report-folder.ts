/** @file Where reports of `lookback reproduce` go: a folder for each model, and none into that of another. */

import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { z } from "zod";
import type { LoadedModel } from "../loading/model-files.ts";
import { UsageError } from "./usage-error.ts";
import { folderNames } from "./verdict-folder.ts";

const FOLDER = "lookback-report";

/** The folder where nobody names one. @param model as it was given; undefined for the default. */
export function reportFolder(model?: string): string {
  return model === undefined ? FOLDER : `${FOLDER}-${folderNames([{ name: basename(model) }])[0]}`;
}

const reported = z.object({ model: z.object({ name: z.string(), hash: z.string() }) });

/** The model of the report in a folder; undefined where there is none to read. */
function reportedModel(path: string): z.infer<typeof reported>["model"] | undefined {
  try {
    return reported.parse(JSON.parse(readFileSync(join(path, "result.json"), "utf8"))).model;
  } catch {
    return undefined;
  }
}

/**
 * Makes sure that a folder holds no report of another model: of that, what is not measured now would stay,
 * among what is.
 *
 * @throws UsageError where it does.
 */
export function checkReportFolder(path: string, { hash }: LoadedModel): void {
  const there = reportedModel(path);
  if (there === undefined || there.hash === hash) return;
  throw new UsageError(
    `${path} holds the report of another model, ${there.name}; name another folder with --out, or remove it`,
  );
}
