/** @file The spec of a reproduction from the command line: a file, and options that change parts of it. */

import { didYouMean } from "../errors.ts";
import {
  DEFAULT_SPEC,
  EXPERIMENTS,
  type ExperimentName,
  parseReproduceSpec,
  type ReproduceSpec,
} from "../experiments/reproduce-spec.ts";
import { withEvery } from "../experiments/with-every.ts";
import { readSpecFile } from "./json-file.ts";
import { UsageError } from "./usage-error.ts";

/** The options of `reproduce` that end up in its spec. */
export interface SpecOptions {
  readonly spec?: string;
  readonly only?: string;
  readonly lengths?: readonly number[];
  readonly batch?: number;
  readonly seed?: number;
  readonly bos?: number;
  readonly induction?: string;
  readonly previousToken?: string;
  readonly lookBack?: string;
}

/** Figures that come out of one experiment, by the names that people look for. */
const FIGURES: ReadonlyMap<string, ExperimentName> = new Map([
  ["figure1", "figures1And2"],
  ["figure2", "figures1And2"],
  ["figure6", "ordering"],
]);

/** Names for `--only`, as help and messages list them. */
export const ONLY_NAMES: readonly string[] = [...EXPERIMENTS, ...FIGURES.keys()];

function experimentsNamed(list: string): ExperimentName[] {
  const asked = new Set<ExperimentName>();
  for (const name of list.split(",").map((part) => part.trim())) {
    const found = EXPERIMENTS.find((known) => known === name) ?? FIGURES.get(name);
    if (found === undefined) {
      throw new UsageError(
        `--only: no experiment ${JSON.stringify(name)}; there are ${ONLY_NAMES.join(", ")}${didYouMean(name, ONLY_NAMES)}`,
      );
    }
    asked.add(found);
  }
  return [...asked];
}

/**
 * The spec that the options ask for: the protocol's, then the file, then the options.
 *
 * @throws UsageError for an unknown experiment or a file that cannot be read; LookbackError
 *   `bad-spec` for what the file holds.
 */
export async function reproduceSpec(options: SpecOptions): Promise<ReproduceSpec> {
  const { spec: path, only, lengths, batch, seed, bos } = options;
  const base =
    path === undefined ? DEFAULT_SPEC : await readSpecFile("--spec", path, parseReproduceSpec);
  let changed = base;
  if (batch !== undefined) changed = withEvery(changed, "batch", batch);
  if (seed !== undefined) changed = withEvery(changed, "seed", seed);
  const spec = parseReproduceSpec(changed);
  return parseReproduceSpec({
    ...spec,
    ...(only !== undefined && { experiments: experimentsNamed(only) }),
    ...(bos !== undefined && { bos }),
    table: { ...spec.table, ...(lengths !== undefined && { lengths }) },
    heads: {
      induction: options.induction ?? spec.heads.induction,
      previousToken: options.previousToken ?? spec.heads.previousToken,
      lookBack: options.lookBack ?? spec.heads.lookBack,
    },
  });
}
