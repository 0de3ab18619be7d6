/** @file What the page and the worker that trains say to each other. */

import type { Look } from "../../../src/development/look.ts";
import type { DeviceChoice, Problem } from "../worker/protocol.ts";
import type { TrainingSettings } from "./settings.ts";

/** From the page. */
export type ToTrainer =
  | {
      readonly kind: "start";
      readonly text: string;
      readonly settings: TrainingSettings;
      readonly device: DeviceChoice;
    }
  /** Ends training after the step under way, with a last checkpoint. */
  | { readonly kind: "stop" };

/** What is learned from. */
export interface TextAbout {
  /** Tokens of the vocabulary. */
  readonly d_vocab: number;
  /** Tokens to learn from. */
  readonly tokens: number;
  /** The step before which nothing is copied; null where nothing ever is. */
  readonly copiesFrom: number | null;
  /** Text of `recipe.json`. */
  readonly recipe: string;
}

/** A checkpoint as it is kept in the page: the files of a model folder. */
export interface TrainedFiles {
  /** Texts of `config.json` and `tokenizer.json`. */
  readonly config: string;
  readonly tokenizer: string;
  /** `model.safetensors` */
  readonly weights: Uint8Array<ArrayBuffer>;
}

/** From the worker. */
export type FromTrainer =
  | { readonly kind: "prepared"; readonly about: TextAbout }
  /** A step of the fit to bigrams, before training itself. */
  | {
      readonly kind: "bigrams";
      readonly step: number;
      readonly of: number;
      readonly loss: number;
      readonly entropy: number;
    }
  /** The fit is done: its loss on held-out text, in nats a token. */
  | { readonly kind: "fitted"; readonly heldOutLoss: number }
  | {
      readonly kind: "step";
      readonly step: number;
      readonly of: number;
      readonly loss: number;
      /** Tokens seen so far. */
      readonly tokens: number;
      /** Of training alone, without looks. */
      readonly seconds: number;
    }
  | {
      readonly kind: "checkpoint";
      readonly step: number;
      readonly tokens: number;
      readonly look: Look;
      readonly files: TrainedFiles;
    }
  | { readonly kind: "end"; readonly wasStopped: boolean }
  | { readonly kind: "problem"; readonly problem: Problem };
