/** @file What `reproduce` is asked, as plain JSON: every number that decides a result. */

import { z } from "zod";
import { parsed, withDefaults } from "../prompts/parse-spec.ts";

/** The experiments in the order of the report. */
export const EXPERIMENTS = [
  "figures1And2",
  "figure3",
  "figure4",
  "table",
  "figure5",
  "ordering",
  "reversedOrder",
  "positionRows",
  "bosBug",
  "recency",
  "inductionOnRandomTokens",
  "tokenOnlyAblated",
  "positionalEmbeddings",
] as const;

/** The name of an experiment: its key in a result. */
export type ExperimentName = (typeof EXPERIMENTS)[number];

const count = z.int().min(1);
const length = z.int().min(2).max(1024);
const seed = z.int().min(0).max(0xffffffff);
const head = z.string().nullable();
const batchAndSeed = z.strictObject({ batch: count, seed });
const randomTokens = z.strictObject({ tokens: z.int().min(9), batch: count, seed });
const oneLength = z.strictObject({ length, batch: count, seed });

const schema = z.strictObject({
  experiments: z.array(z.enum(EXPERIMENTS)).min(1),
  /** Heads by label, or null to find them by their scores. */
  heads: z.strictObject({ previousToken: head, lookBack: head, induction: head }),
  /** The token at position 0; null to take it from the model's config. */
  bos: z.int().min(0).nullable(),
  figures1And2: oneLength,
  figure3: randomTokens,
  figure4: randomTokens,
  table: z.strictObject({ lengths: z.array(length).min(1), batch: count, seed }),
  figure5: z.strictObject({
    rows: z.array(z.strictObject({ length, batch: count })).min(1),
    seed,
  }),
  ordering: batchAndSeed,
  reversedOrder: oneLength,
  positionRows: randomTokens,
  bosBug: batchAndSeed,
  recency: batchAndSeed,
  inductionOnRandomTokens: randomTokens,
  tokenOnlyAblated: z.strictObject({
    tokens: z.int().min(9),
    batch: count,
    seed,
    keptHead: z.string(),
  }),
  positionalEmbeddings: z.strictObject({ norms: count, dotProducts: count }),
});

/** A complete request. Seeds and batches default to those of the protocol. */
export type ReproduceSpec = z.infer<typeof schema>;

/** Every experiment as the post and its companions ran it. */
export const DEFAULT_SPEC: ReproduceSpec = {
  experiments: [...EXPERIMENTS],
  heads: { previousToken: null, lookBack: null, induction: null },
  bos: null,
  figures1And2: { length: 3, batch: 4000, seed: 120 },
  figure3: { tokens: 12, batch: 500, seed: 129 },
  figure4: { tokens: 12, batch: 500, seed: 129 },
  table: { lengths: [2, 3, 4, 5, 6, 7], batch: 4000, seed: 120 },
  figure5: {
    rows: [
      { length: 3, batch: 200 },
      { length: 4, batch: 400 },
      { length: 5, batch: 400 },
      { length: 6, batch: 500 },
    ],
    seed: 110,
  },
  ordering: { batch: 1000, seed: 130 },
  reversedOrder: { length: 3, batch: 1000, seed: 120 },
  positionRows: { tokens: 12, batch: 500, seed: 129 },
  bosBug: { batch: 1000, seed: 129 },
  recency: { batch: 2000, seed: 200 },
  inductionOnRandomTokens: { tokens: 48, batch: 500, seed: 129 },
  tokenOnlyAblated: { tokens: 50, batch: 500, seed: 129, keptHead: "L0H1" },
  positionalEmbeddings: { norms: 100, dotProducts: 64 },
};

/**
 * Checks a request that may leave fields out; those come from {@link DEFAULT_SPEC}.
 *
 * @throws LookbackError `bad-spec` naming the field, what it holds, and what is allowed.
 */
export function parseReproduceSpec(json: unknown): ReproduceSpec {
  return parsed(schema, "spec", withDefaults(json, DEFAULT_SPEC));
}
