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

/** How many spans of text were copied, and of what length. */
export interface SpansCopied {
  /** Share of contexts with such spans. */
  readonly share: number;
  /** In tokens. */
  readonly shortest: number;
  readonly longest: number;
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
    /** Copies, from a step on; null where there are none. */
    readonly copies: (SpansCopied & { readonly from: number }) | null;
    /** What is copied from a later step on instead. */
    readonly extension: { readonly from: number; readonly copies: SpansCopied | null } | null;
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
