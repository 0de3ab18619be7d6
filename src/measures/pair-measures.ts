/** @file The three numbers that the post gives of its prompts, from what a run says about answers. */

import { at, type NdArray } from "../engine/ndarray.ts";
import { LookbackError } from "../errors.ts";

/** What a run returns for `answers` of pairs `[right, wrong]` with `answerLogProbs`. */
export interface PairOutputs {
  /** `[batch, pos, 2]` */
  readonly answerLogits?: NdArray;
  /** `[batch, pos, 2]`, in nats. */
  readonly answerLogProbs?: NdArray;
}

/** Probabilities of the right and the wrong answer and their logit difference, each `[batch]`. */
export interface PairMeasures {
  readonly pRight: Float64Array;
  readonly pWrong: Float64Array;
  readonly logitDiff: Float64Array;
}

/**
 * In float32, as precise as the log-probability is: of float64, the last bit depends on the version of
 * the host's `Math.exp`, and a page and Node may have different ones.
 */
function probability(logProb: number): number {
  return Math.fround(Math.exp(logProb));
}

function checkPairs(output: NdArray | undefined, name: string): NdArray {
  if (output?.shape.length === 3 && output.shape[2] === 2) return output;
  const got = output === undefined ? "none" : `shape [${output.shape.join(", ")}]`;
  throw new LookbackError("bad-shape", `${name} must be [batch, pos, 2], got ${got}`);
}

/** What a measure makes of the two answers of each prompt at a position, `[batch]`. */
function ofEachPair(
  output: NdArray,
  index: number | undefined,
  of: (right: number, wrong: number) => number,
): Float64Array {
  const [batch = 0, positions = 0] = output.shape;
  return Float64Array.from({ length: batch }, (_, row) => {
    const [right, wrong] = at(output, row, index ?? positions - 1).data;
    return of(right as number, wrong as number);
  });
}

/**
 * The logit of the right answer less that of the wrong one, of each prompt, `[batch]`.
 *
 * @param index Into the axis of positions of the output; default the last.
 * @throws LookbackError `bad-shape` when it is missing, not of pairs, or has no such position.
 */
export function pairLogitDifferences(
  { answerLogits }: Pick<PairOutputs, "answerLogits">,
  index?: number,
): Float64Array {
  const logits = checkPairs(answerLogits, "answerLogits");
  return ofEachPair(logits, index, (right, wrong) => right - wrong);
}

/**
 * The measures of each prompt at one of the positions that a run has read.
 *
 * @param index Into the axis of positions of the outputs; default the last.
 * @throws LookbackError `bad-shape` when an output is missing, not of pairs, or has no such position.
 */
export function pairMeasures(outputs: PairOutputs, index?: number): PairMeasures {
  const logitDiff = pairLogitDifferences(outputs, index);
  const logProbs = checkPairs(outputs.answerLogProbs, "answerLogProbs");
  return {
    pRight: ofEachPair(logProbs, index, probability),
    pWrong: ofEachPair(logProbs, index, (_, wrong) => probability(wrong)),
    logitDiff,
  };
}
