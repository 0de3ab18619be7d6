/** @file What would fail after hours of work fails at once: every cell, against the model. */

import { LookbackError } from "../errors.ts";
import type { ModelConfig } from "../model/config.ts";
import { checkSize } from "../prompts/spec.ts";
import type { SweepParameters } from "./parameters.ts";
import { drawnTokens, promptLength, vocabularySize } from "./sweep-prompts.ts";
import { cellAt, cellCount, cellName, type SweepSpec } from "./sweep-spec.ts";

type Limits = Pick<ModelConfig, "n_ctx" | "d_vocab"> & { readonly bos: number };

function checkVocabulary(name: string, { vocabulary }: SweepParameters, { d_vocab }: Limits): void {
  if (vocabulary === null) return;
  const highest = "ids" in vocabulary ? Math.max(...vocabulary.ids) : vocabulary.range[1] - 1;
  if (highest < d_vocab) return;
  throw new LookbackError(
    "bad-spec",
    `${name}: vocabulary holds token ${highest}; this model's vocabulary is 0 to ${d_vocab - 1}`,
    { field: "vocabulary", token: highest, d_vocab },
  );
}

function checkDistinct(name: string, parameters: SweepParameters, limits: Limits): void {
  if (!parameters.distinct) return;
  const { vocabulary } = parameters;
  const size = vocabularySize(vocabulary, limits);
  const { bos } = limits;
  const holdsBos =
    vocabulary === null ||
    ("ids" in vocabulary
      ? vocabulary.ids.includes(bos)
      : bos >= vocabulary.range[0] && bos < vocabulary.range[1]);
  const needed = drawnTokens(parameters) + (holdsBos ? 1 : 0);
  if (needed <= size) return;
  throw new LookbackError(
    "bad-spec",
    `${name}: distinct tokens need a vocabulary of ${needed}, and this one has ${size}`,
    { field: "vocabulary", needed, size },
  );
}

/**
 * Checks every cell of a grid against a model.
 *
 * @throws LookbackError `sequence-too-long` or `bad-spec`, naming the first cell that cannot be.
 */
export function checkCells(spec: SweepSpec, limits: Limits): void {
  const { n_ctx } = limits;
  for (let index = 0; index < cellCount(spec); index++) {
    const parameters = cellAt(spec, index);
    const name = cellName(spec, index);
    const length = promptLength(parameters);
    if (length > n_ctx) {
      throw new LookbackError(
        "sequence-too-long",
        `${name}: its prompts have ${length} tokens, and this model's context is ${n_ctx} (n_ctx)`,
        { cell: index, length, n_ctx },
      );
    }
    checkSize(parameters.batch, length);
    checkVocabulary(name, parameters, limits);
    checkDistinct(name, parameters, limits);
  }
}
