/**
 * @file What the numbers of a sweep depend on. Cells that were measured at different times or on
 * different machines belong together only where all of it is the same.
 */

import { LookbackError } from "../errors.ts";
import type { HookedTransformer } from "../model/model.ts";
import { PARAMETERS } from "./parameters.ts";
import type { SweepSpec } from "./sweep-spec.ts";

/** A sweep of one spec on one model, as plain JSON. */
export interface SweepIdentity {
  readonly spec: SweepSpec;
  readonly model: {
    readonly name: string;
    /** SHA-256 of the weights file. */
    readonly hash: string;
    readonly processing: HookedTransformer["processing"];
  };
  readonly device: HookedTransformer["device"];
  /** The token at position 0. */
  readonly bos: number;
}

/** What an identity needs of a model. */
export type SweptModel = Pick<
  HookedTransformer,
  "name" | "hash" | "processing" | "device" | "config"
>;

/**
 * What a sweep of this spec on this model is.
 *
 * @throws LookbackError `bad-spec` when neither spec nor model say which token opens a prompt, or it
 *   is not one of the vocabulary.
 */
export function sweepIdentity(model: SweptModel, spec: SweepSpec): SweepIdentity {
  const { name, hash, processing, device, config } = model;
  const bos = spec.bos ?? config.bos_token_id;
  if (bos === null || bos >= config.d_vocab) {
    throw new LookbackError(
      "bad-spec",
      bos === null
        ? `the config of ${name} names no bos_token_id; give the token that opens its prompts as "bos"`
        : `bos: ${bos} is no token of this model's vocabulary, 0 to ${config.d_vocab - 1}`,
      { field: "bos", value: bos },
    );
  }
  return { spec, model: { name, hash, processing }, device, bos };
}

/** Something that is one thing in one sweep and another in another. */
export interface Difference {
  readonly what: string;
  /** As JSON. */
  readonly values: readonly [first: string, second: string];
}

/**
 * What keeps the cells of two sweeps apart. How they are drawn, and under which name the model was
 * found, makes no difference.
 */
export function differences(first: SweepIdentity, second: SweepIdentity): Difference[] {
  const facts = ({ spec, bos, model, device }: SweepIdentity): [string, unknown][] => [
    ...PARAMETERS.map((name): [string, unknown] => [name, spec[name]]),
    ["bos", bos],
    ["the model's hash", model.hash],
    ["processing", model.processing],
    ["device", device],
  ];
  const others = new Map(facts(second));
  return facts(first)
    .map(([what, value]) => ({
      what,
      values: [JSON.stringify(value), JSON.stringify(others.get(what))] as const,
    }))
    .filter(({ values: [a, b] }) => a !== b);
}
