/** @file Handing over a result: as text for people or JSON for programs, on stdout or in a file. */

import { stableJson } from "./json.ts";
import type { CommonOptions } from "./options.ts";
import { type OutFile, openOutFile } from "./out-file.ts";
import { writeStdout } from "./stdout.ts";

/** Where and how a result goes. */
export interface Delivery {
  /** JSON instead of text on stdout. */
  readonly json: boolean;
  /** A file that takes the result as JSON. */
  readonly out?: OutFile | undefined;
}

/**
 * What `--json` and `--out` ask for. Before the work starts, for it finds out whether the file can be
 * written.
 *
 * @throws UsageError when it cannot.
 */
export function deliveryOf({ json, out }: Pick<CommonOptions, "json" | "out">): Delivery {
  return { json: json ?? false, out: out === undefined ? undefined : openOutFile(out) };
}

/**
 * Writes a plain result to the file, if there is one, and to stdout, as JSON or as the text that
 * `text` makes of it.
 */
export async function deliver(
  result: object,
  text: () => string,
  { json, out }: Delivery,
): Promise<void> {
  const serialised = json || out !== undefined ? stableJson(result) : "";
  await out?.write(serialised);
  if (json) return writeStdout(serialised);
  await writeStdout(text());
  if (out !== undefined) await writeStdout(`\nwrote ${out.path}\n`);
}
