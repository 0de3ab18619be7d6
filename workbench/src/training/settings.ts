/** @file What a reader can set before a model is trained in the page. */

/** The settings, all of them whole numbers but for one. */
export interface TrainingSettings {
  readonly layers: number;
  readonly heads: number;
  readonly d_model: number;
  /** Tokens of a context, BOS included. */
  readonly context: number;
  /** Tokens of the vocabulary that is trained on the text; a small text gives fewer. */
  readonly vocabulary: number;
  readonly steps: number;
  readonly seed: number;
  /** Whether spans are copied within contexts, which teaches induction. */
  readonly copies: boolean;
}

export const DEFAULT_SETTINGS: TrainingSettings = {
  layers: 2,
  heads: 4,
  d_model: 64,
  context: 64,
  vocabulary: 512,
  steps: 300,
  seed: 0,
  copies: true,
};

/** Contexts of a step. */
export const BATCH = 32;

/** What each number may be: as much as a page can train while somebody waits. */
export const SETTING_RANGES = {
  layers: [1, 4],
  heads: [1, 16],
  d_model: [16, 256],
  context: [16, 256],
  vocabulary: [258, 4096],
  steps: [1, 10_000],
  seed: [0, 0xffffffff],
} as const satisfies Partial<Record<keyof TrainingSettings, readonly [number, number]>>;
