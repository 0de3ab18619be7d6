/** @file What an ablation can put in a part's place, by name. */

/**
 * What takes the place of a part's output: `zero`; `mean`, its mean at each position over the batch, or over
 * others; `resample`, its output on another prompt: of the batch, or of others.
 */
export type AblationKind = "zero" | "mean" | "resample";

export const ABLATION_KINDS: readonly AblationKind[] = ["resample", "mean", "zero"];
