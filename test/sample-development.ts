/** @file Looks at a model that was never trained: heads and lengths appear where a test says. */

import type { HeldOutLook, LossAt } from "../src/development/held-out.ts";
import type { LengthLook } from "../src/development/look.ts";
import type { HeadLook } from "../src/development/repeated-tokens.ts";
import type { PlacedLook, TrainingRecord } from "../src/development/training-record.ts";
import type { Estimate } from "../src/measures/statistics.ts";
import { inSixDigits } from "../src/six-digits.ts";

/** An estimate with a standard error and the interval that goes with it. */
export function sampleEstimate(mean: number, se: number, n = 400): Estimate {
  return { mean, se, ci95: [mean - 2 * se, mean + 2 * se], n };
}

/** 0 to 1, half at `middle`, over a factor of about four in tokens. */
function rise(tokens: number, middle: number): number {
  return tokens <= 0 ? 0 : 1 / (1 + (middle / tokens) ** 5);
}

/** When things happen, in tokens. */
export interface SampleTimes {
  readonly previousToken: number;
  readonly lookBack: number;
  readonly broad: number;
  readonly induction: number;
  readonly lengths: readonly number[];
}

export const SAMPLE_TIMES: SampleTimes = {
  previousToken: 9e6,
  lookBack: 14e6,
  broad: 7e6,
  induction: 13e6,
  lengths: [11e6, 15e6, 28e6, 60e6, 400e6],
};

const LAGS = 9;

function headLook(
  [layer, head]: readonly [number, number],
  shares: readonly number[],
  induction: number,
): HeadLook {
  const byLag = Array.from({ length: LAGS }, (_, lag) => shares[lag] ?? 0.01);
  const sum = (from: number, to: number) =>
    sampleEstimate(
      byLag.slice(from, to + 1).reduce((total, share) => total + share, 0),
      0.01,
      32,
    );
  return {
    label: `L${layer}H${head}`,
    layer,
    head,
    byLag,
    bos: 0.1,
    previousToken: sum(1, 1),
    lookBack: sum(2, 5),
    broadLookBack: sum(1, 8),
    induction: sampleEstimate(induction, 0.02, 32),
  };
}

function heads(tokens: number, times: SampleTimes): HeadLook[] {
  const previous = rise(tokens, times.previousToken);
  const back = rise(tokens, times.lookBack);
  const broad = rise(tokens, times.broad);
  const wide = (by: number) => Array.from({ length: LAGS }, () => 0.04 + 0.05 * by);
  return [
    headLook([0, 0], [0.04, 0.05 + 0.9 * previous, 0.02], 0),
    // Broad before it looks back two.
    headLook(
      [0, 1],
      wide(broad).map(
        (share, lag) => (1 - back) * share + back * ([0.04, 0.17, 0.44, 0.19][lag] ?? 0.03),
      ),
      0,
    ),
    headLook([0, 2], wide(rise(tokens, times.broad * 1.5)), 0),
    headLook([0, 3], [], 0),
    headLook([1, 0], [], 0.02),
    headLook([1, 1], [], 0.7 * rise(tokens, times.induction)),
    headLook([1, 2], [], 0.4 * rise(tokens, times.induction * 1.3)),
    headLook([1, 3], [], 0.01),
  ];
}

function heldOut(tokens: number, times: SampleTimes): HeldOutLook {
  const learned = rise(tokens, times.induction);
  const at = (from: number, to: number, loss: number): LossAt => ({
    from,
    to,
    loss: sampleEstimate(loss, 0.1, 32),
  });
  const loss = 4.6 - 0.6 * rise(tokens, 4e6) - 0.8 * learned;
  const byIndex = [1, 2, 4, 8, 16, 32, 64, 128].map((from) =>
    at(from, 2 * from - 1, loss + 1.5 / from - 0.05 * learned * Math.log2(from)),
  );
  return {
    loss: sampleEstimate(loss, 0.08, 32),
    byIndex,
    inContext: {
      score: sampleEstimate(-0.5 * learned, 0.09, 32),
      early: at(40, 60, loss),
      late: at(230, 255, loss - 0.5 * learned),
    },
  };
}

function lengths(tokens: number, times: SampleTimes): LengthLook[] {
  return times.lengths.map((middle, i) => {
    const mean = 3.5 * rise(tokens, middle * 1.4) * 0.75 ** i - 0.1;
    const logitDiff = sampleEstimate(mean, 0.1);
    const bothWays = sampleEstimate(mean - 0.05, 0.07);
    return {
      length: i + 2,
      pB: sampleEstimate(0.002 + 0.02 * rise(tokens, middle), 0.001),
      pD: sampleEstimate(0.002 + 0.004 * rise(tokens, middle), 0.0005),
      logitDiff,
      bothWays,
    };
  });
}

/** One look. */
export function sampleLook(tokens: number, times = SAMPLE_TIMES): PlacedLook {
  return inSixDigits({
    step: Math.round(tokens / 6144),
    tokens,
    heldOut: heldOut(tokens, times),
    repeated: {
      copy: 64,
      first: sampleEstimate(12.9, 0.05, 32),
      second: sampleEstimate(12.9 - 6 * rise(tokens, times.induction), 0.1, 32),
    },
    heads: heads(tokens, times),
    lengths: lengths(tokens, times),
  });
}

/** A run of two dozen looks, the start among them. */
export function sampleRecord(name = "sample", times = SAMPLE_TIMES, seed = 1): TrainingRecord {
  const places = [0, ...Array.from({ length: 23 }, (_, i) => Math.round(4e5 * 1.28 ** i))];
  return {
    name,
    about: {
      model: {
        n_layers: 2,
        n_heads: 4,
        d_model: 128,
        d_head: 32,
        n_ctx: 256,
        d_vocab: 4096,
        shortformer_pos: false,
      },
      recipe: {
        name: "sample",
        seed,
        steps: 15_000,
        tokensPerStep: 6144,
        copies: null,
        extension: null,
      },
    },
    counts: "tokens",
    looks: places.map((tokens) => sampleLook(tokens, times)),
    losses: places.slice(1).map((tokens) => ({
      step: Math.round(tokens / 6144),
      tokens,
      loss: 4.6 - 1.3 * rise(tokens, 1e7),
    })),
  };
}
