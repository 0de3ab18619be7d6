/**
 * @file Where verdicts go: a folder for each model, and no verdict into the folder of another, for
 * measuring takes minutes and what was measured would be lost without a word.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { differences } from "../node/run/differences.ts";
import type { OutFolder } from "./out-file.ts";
import { UsageError } from "./usage-error.ts";

/** Of what differs, so much is named. */
const NAMED = 3;

/** Names of folders for models: each as it is called, and no two alike. */
export function folderNames(models: readonly { readonly name: string }[]): string[] {
  const names: string[] = [];
  for (const { name } of models) {
    const plain = name.replace(/[^\w.-]+/g, "-").replace(/^[.-]+/, "") || "model";
    names.push(names.includes(plain) ? `${plain}-${names.length + 1}` : plain);
  }
  return names;
}

/**
 * Makes sure that a folder holds no report of the other kind: that of one model has parts, that of
 * several has none.
 *
 * @throws UsageError where it does.
 */
export function checkKind({ path }: OutFolder, kind: "one" | "several"): void {
  const hasParts = existsSync(join(path, "parts"));
  const hasReport = existsSync(join(path, "report.html"));
  if (kind === "several" && hasParts) {
    throw new UsageError(
      `${path} holds the verdict on one model, whose report would be lost; name another folder with --out`,
    );
  }
  if (kind === "one" && hasReport && !hasParts) {
    throw new UsageError(
      `${path} holds another report, which would be lost; name another folder with --out`,
    );
  }
}

/** The error of a verdict in a folder that holds another, from what each depends on. */
export function otherVerdict(
  path: string,
  there: Readonly<Record<string, unknown>>,
  here: Readonly<Record<string, unknown>>,
): UsageError {
  const told = differences(there, here);
  const what =
    there.hash === here.hash
      ? `other options: ${told.slice(0, NAMED).join("; ")}${told.length > NAMED ? "; …" : ""}`
      : "another model";
  return new UsageError(
    `${path} holds a verdict of ${what}. Name another folder with --out, or measure again in its place with --fresh`,
  );
}
