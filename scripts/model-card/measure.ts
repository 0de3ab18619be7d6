/** @file What a card says that a model does: the post's table, the same asked both ways, heads, figure 5. */

import { type AnswerMeans, measureBothWays } from "../../src/experiments/answers.ts";
import { type Figure5Result, figure5 } from "../../src/experiments/figure-5.ts";
import { findHeads } from "../../src/experiments/find-heads.ts";
import type { HeadCard } from "../../src/hypothesis/head-card.ts";
import { scorecard } from "../../src/hypothesis/scorecard.ts";
import { parseScorecardSpec } from "../../src/hypothesis/scorecard-spec.ts";
import type { Estimate } from "../../src/measures/statistics.ts";
import { HookedTransformer } from "../../src/model/model.ts";
import { parameterCount } from "../../src/model/weights.ts";
import { readModelFolder } from "../../src/node/model-folder.ts";
import { askedBothWays } from "../../src/prompts/repeated.ts";

/** Tokens of one copy, in the rows of the tables. */
export const LENGTHS = [2, 3, 4, 5, 6, 7, 8];
export const TABLE = { batch: 4000, seed: 120 };
export const PATCHED = {
  seed: 110,
  rows: [
    { length: 3, batch: 200 },
    { length: 4, batch: 400 },
    { length: 5, batch: 400 },
    { length: 6, batch: 500 },
  ],
};

/** The answer at one length: in the post's order, and asked about either sequence. */
export type LengthRow = AnswerMeans & { readonly length: number; readonly bothWays: Estimate };

export interface Measured {
  readonly parameters: number;
  readonly table: readonly LengthRow[];
  readonly heads: readonly HeadCard[];
  readonly figure5: Figure5Result;
}

/** BOS of every bundled model. */
const bos = 0;

/** The rows of the card's table. */
export async function measureLengths(model: HookedTransformer): Promise<LengthRow[]> {
  const { d_vocab } = model.config;
  const rows: LengthRow[] = [];
  for (const length of LENGTHS) {
    const prompts = askedBothWays({ length, ...TABLE, d_vocab, bos });
    rows.push({ length, ...(await measureBothWays({ model }, prompts)) });
  }
  return rows;
}

/** Measures a model folder. */
export async function measure(folder: string): Promise<Measured> {
  using model = await HookedTransformer.create(await readModelFolder(folder));
  const table = await measureLengths(model);
  const none = { previousToken: null, lookBack: null, induction: null };
  const heads = await findHeads(model, bos, none);
  return {
    parameters: parameterCount(model.config),
    table,
    heads: (await scorecard({ model, bos }, parseScorecardSpec({}))).heads,
    figure5: await figure5({ model, bos, heads, published: false }, PATCHED),
  };
}
