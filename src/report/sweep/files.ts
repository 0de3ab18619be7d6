/** @file The files of a sweep, besides its JSON: the page, and its numbers as CSV and Parquet. */

import { longForm } from "../../sweeps/long-form.ts";
import type { SweepResult } from "../../sweeps/result.ts";
import { sweepCsv, sweepParquet } from "./data-files.ts";
import { renderSweep } from "./html.ts";

/** The page and the numbers of a sweep. */
export interface SweepFiles {
  readonly html: string;
  readonly csv: string;
  readonly parquet: Uint8Array;
}

/** Draws a sweep and writes out its numbers; the same result gives the same bytes. */
export async function sweepFiles(
  result: SweepResult,
  { version }: { version: string },
): Promise<SweepFiles> {
  const long = longForm(result);
  return {
    html: await renderSweep(result, { version, long }),
    csv: sweepCsv(long),
    parquet: sweepParquet(long),
  };
}
