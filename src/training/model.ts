/** @file What is trained, as the parts of a step see it. */

import type { Tensor } from "../engine/tensor.ts";
import type { ModelConfig } from "../model/config.ts";
import type { HeadLayout } from "./head-layout.ts";
import type { Weights } from "./weights.ts";

/** A model and how the batch at hand goes through it. */
export interface Model {
  readonly config: ModelConfig;
  readonly weights: Weights;
  readonly layout: HeadLayout;
}

/** A weight that the model's config calls for. */
export function weightOf({ weights }: Model, name: string): Tensor {
  const weight = weights.get(name);
  if (weight === undefined) throw new Error(`internal: weight ${name} is missing`);
  return weight;
}
