/**
 * @file Every path of the model at one length, measured exactly: from each head, and the token embedding,
 * to the queries, keys and values of each later head and to the logits.
 */

import { runOptions } from "../experiments/context.ts";
import {
  allReceivers,
  allSenders,
  isEdge,
  receiverLabel,
  senderLabel,
} from "../interventions/edges.ts";
import { pathPatch } from "../interventions/path.ts";
import type { Estimate } from "../measures/statistics.ts";
import { type CorruptedSide, repeatedPair } from "../prompts/repeated.ts";
import { checkLengths, type LengthSpec, repeatedSpec } from "./answer-logits.ts";
import { forEach, type HypothesisContext } from "./context.ts";

/** One side corrupted. */
export interface EdgeMatrix {
  readonly side: CorruptedSide;
  readonly clean: Estimate;
  readonly corrupted: Estimate;
  /** [sender][receiver], 0 is corrupted and 1 clean; null where the receiver cannot see the sender. */
  readonly effects: readonly (readonly (Estimate | null)[])[];
}

/** As plain JSON. */
export interface EdgeMatrixResult {
  readonly spec: LengthSpec;
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly matrices: readonly EdgeMatrix[];
}

/** Patches every path, with either side corrupted. */
export async function edgeMatrix(
  context: HypothesisContext,
  spec: LengthSpec,
): Promise<EdgeMatrixResult> {
  checkLengths(context, "length", [spec.length]);
  const { config } = context.model;
  // Positions and biases are the same in both runs, and tell nobody anything.
  const from = allSenders(config).filter(({ kind }) => kind === "embed" || kind === "head");
  const to = allReceivers(config).filter((receiver) =>
    from.some((sender) => sender.kind === "head" && isEdge({ from: sender, to: receiver }, config)),
  );
  const sides = ["query", "keys"] as const;
  const matrices = await forEach(context, sides, async (part, side): Promise<EdgeMatrix> => {
    const pair = repeatedPair(repeatedSpec(context, spec), side);
    const { clean, corrupted, effects } = await pathPatch(context.model, {
      clean: pair.clean.tokens,
      corrupted: pair.corrupted.tokens,
      answers: pair.clean.answers,
      read: pair.clean.read,
      from,
      to: to.map((receiver) => [receiver]),
      ...runOptions(part),
    });
    return {
      side,
      clean,
      corrupted,
      effects: effects.map((row) => row.map((cells) => cells?.[0] ?? null)),
    };
  });
  return { spec, from: from.map(senderLabel), to: to.map(receiverLabel), matrices };
}
