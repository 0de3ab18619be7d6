/** @file The spec of a verdict from the command line: a file, and options that change parts of it. */

import { withEvery } from "../experiments/with-every.ts";
import {
  DEFAULT_VERDICT_SPEC,
  parseVerdictSpec,
  type VerdictSpec,
} from "../hypothesis/verdict-spec.ts";
import { readSpecFile } from "./json-file.ts";

/** The options of `verdict` that end up in its spec. */
export interface VerdictSpecOptions {
  readonly spec?: string;
  readonly batch?: number;
  readonly seed?: number;
  readonly bos?: number;
  readonly induction?: readonly string[];
  readonly previousToken?: readonly string[];
  readonly lookBack?: readonly string[];
}

/**
 * The spec that the options ask for: the default, then the file, then the options.
 *
 * @throws UsageError for a file that cannot be read; LookbackError `bad-spec` for what it holds.
 */
export async function verdictSpec(options: VerdictSpecOptions): Promise<VerdictSpec> {
  const { spec: path, batch, seed, bos } = options;
  const base =
    path === undefined
      ? DEFAULT_VERDICT_SPEC
      : await readSpecFile("--spec", path, parseVerdictSpec);
  let changed = base;
  if (batch !== undefined) changed = withEvery(changed, "batch", batch);
  if (seed !== undefined) changed = withEvery(changed, "seed", seed);
  return parseVerdictSpec({
    ...changed,
    ...(bos !== undefined && { bos }),
    heads: {
      induction: options.induction ?? changed.heads.induction,
      previousToken: options.previousToken ?? changed.heads.previousToken,
      lookBack: options.lookBack ?? changed.heads.lookBack,
    },
  });
}
