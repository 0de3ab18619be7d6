/** @file How far training has come, on the line at the foot of the terminal. */

import type { TrainingRunOptions } from "../node/run/run-journal.ts";
import type { ProgressLine } from "./progress.ts";

const STAGES = {
  read: "reading text",
  count: "counting words",
  merge: "building the vocabulary",
  encode: "packing tokens",
} as const;

/** Steps over which the loss on the line is averaged. */
const RECENT = 20;

/** Shows the corpus being packed, the bigram start, and each step with its loss and tokens a second. */
export function trainingProgress(
  progress: ProgressLine,
): Pick<TrainingRunOptions, "onCorpus" | "onBigramStep" | "onStep"> {
  let recent: number[] = [];
  let began: { readonly at: number; readonly tokens: number } | undefined;
  return {
    onCorpus: ({ stage, done, total }) => progress.show({ done, total, label: STAGES[stage] }),
    onBigramStep: ({ step, of, loss, entropy }) =>
      progress.show({
        done: step,
        total: of,
        label: `bigram start: loss ${loss.toFixed(3)} (at best ${entropy.toFixed(3)})`,
      }),
    onStep: ({ step, of, loss, tokens }) => {
      recent = [...recent.slice(1 - RECENT), loss];
      const mean = recent.reduce((sum, own) => sum + own, 0) / recent.length;
      const now = performance.now();
      began ??= { at: now, tokens };
      const rate = (1000 * (tokens - began.tokens)) / (now - began.at);
      const speed = Number.isFinite(rate) ? `, ${Math.round(rate)} tokens/s` : "";
      progress.show({ done: step, total: of, label: `loss ${mean.toFixed(3)}${speed}` });
    },
  };
}
