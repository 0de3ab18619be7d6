/**
 * @file What a session is asked: one prompt or a batch of them, what is done to the run, and what is
 * looked at. Plain JSON, so that it is at once a link, a file and a command line.
 */

import type { RunMode } from "../model/forward.ts";
import type { HeadIndex } from "../model/heads.ts";
import type { CorruptedSide, RepeatedOrder } from "../prompts/repeated.ts";

/** Where prompts come from. */
export type PromptSource =
  /** The pattern language, `BOS A X*2 B C X*2 D A X*2 ? B D`. */
  | {
      readonly kind: "pattern";
      readonly pattern: string;
      /** A pattern of as many tokens, in which the same names are the same tokens. */
      readonly corrupted?: string | null;
      readonly batch: number;
      readonly seed: number;
    }
  /** The post's repeated sequences; the corrupted prompts of either side come with them. */
  | {
      readonly kind: "repeated";
      /** Tokens of one copy. */
      readonly length: number;
      readonly batch: number;
      readonly seed: number;
      readonly side: CorruptedSide;
      /** Which sequence opens the prompt; default `first-second`. */
      readonly order?: RepeatedOrder;
      /** Random tokens between the first two copies; default none. */
      readonly gap?: number;
      /** Random tokens between these and the copy that is asked about; default none. */
      readonly distance?: number;
    }
  /** Free text through the model's tokenizer, behind BOS; `corrupted` is text of as many tokens. */
  | { readonly kind: "text"; readonly text: string; readonly corrupted: string | null };

/** A part of a layer that can be replaced. */
export type SessionComponent = "z" | "q" | "k" | "v" | "pattern";

export const SESSION_COMPONENTS = [
  "z",
  "q",
  "k",
  "v",
  "pattern",
] as const satisfies readonly SessionComponent[];

/** Something done to the run, one after the other in the order of the list. */
export type Intervention =
  /** The part of the other prompt's run in the place of this one's. */
  | {
      readonly kind: "patch";
      readonly component: SessionComponent;
      readonly head: HeadIndex;
      /** Null for all positions. In patterns it is the position of the query. */
      readonly position: number | null;
    }
  /** The head's output replaced. */
  | {
      readonly kind: "ablate";
      readonly head: HeadIndex;
      readonly by: "zero" | "mean" | "resample";
      readonly position: number | null;
    };

/** A session. */
export interface SessionSpec {
  readonly prompt: PromptSource;
  /** Which of the two prompts runs: interventions take from the other. */
  readonly runs: "clean" | "corrupted";
  readonly mode: RunMode;
  readonly interventions: readonly Intervention[];
  /** Token ids that are compared, `[right, wrong]`; null for the prompts' own answers, or the two likeliest. */
  readonly answers: readonly [right: number, wrong: number] | null;
}

/** One prompt of the batch by its row, or the mean of all. */
export type PromptChoice = number | "mean";
