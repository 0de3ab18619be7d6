/** @file A training run as it is looked back on: looks at the model and losses, in the order of training. */

import type { ModelConfig } from "../model/config.ts";
import type { Look } from "./look.ts";

/** A look, and how far training had come. */
export interface PlacedLook extends Look {
  /** Steps of the optimizer, where they are known. */
  readonly step: number | null;
  /** Tokens of text that the model had seen; what else counts checkpoints, where that is not known. */
  readonly tokens: number;
}

/** Mean training loss since the last such point. */
export interface TrainingLoss {
  readonly step: number;
  readonly tokens: number;
  /** Nats a token. */
  readonly loss: number;
}

/** The shape of a model, and what of its recipe tells it from others of the same shape. */
export interface AboutRun {
  readonly model: Pick<
    ModelConfig,
    "n_layers" | "n_heads" | "d_model" | "d_head" | "n_ctx" | "d_vocab" | "shortformer_pos"
  >;
  /** Null where there is no recipe. */
  readonly recipe: {
    readonly name: string;
    readonly seed: number;
    readonly steps: number;
    /** Tokens of text in a step. */
    readonly tokensPerStep: number;
    /** Share of contexts with a copied span, and the step from which on; null where there are none. */
    readonly copies: { readonly share: number; readonly from: number } | null;
  } | null;
}

/** One run, as plain JSON. */
export interface TrainingRecord {
  readonly name: string;
  readonly about: AboutRun;
  /**
   * What `tokens` of its looks and losses count: tokens, or the numbers at the ends of checkpoints'
   * names, which may be tokens or steps.
   */
  readonly counts: "tokens" | "checkpoint numbers";
  /** In rising order. */
  readonly looks: readonly PlacedLook[];
  /** In rising order; none where there is no log. */
  readonly losses: readonly TrainingLoss[];
}
