/**
 * @file Everything that a reader has chosen, as one immutable value of plain JSON: it is what a link
 * holds, what undo goes back to, and what all views are drawn from.
 */

import type { HeadIndex } from "../../../src/model/heads.ts";
import { DEFAULT_SESSION } from "../../../src/session/parse-spec.ts";
import type { PromptChoice, SessionComponent, SessionSpec } from "../../../src/session/spec.ts";
import type { DeviceChoice } from "../worker/protocol.ts";

/** A model that a link can name. Files that were dropped onto the page are known by their hash. */
export type ModelChoice =
  | { readonly kind: "bundled"; readonly name: string }
  | { readonly kind: "hub"; readonly id: string }
  | { readonly kind: "files"; readonly name: string };

/** A cell of an attention pattern. */
export interface Cell {
  readonly query: number;
  readonly key: number;
}

/** What is looked at. */
export interface Look {
  /** The mean over prompts, or one of them. */
  readonly prompt: PromptChoice;
  /** Null for the head that does most induction. */
  readonly head: HeadIndex | null;
  /** Another head beside it. */
  readonly pinned: HeadIndex | null;
  readonly hideBos: boolean;
  /** The cell that stays marked. */
  readonly locked: Cell | null;
  readonly patches: {
    readonly component: SessionComponent;
    readonly by: "head" | "head-position";
  };
}

/** The state of the page. */
export interface State {
  readonly model: ModelChoice;
  readonly device: DeviceChoice;
  readonly session: SessionSpec;
  readonly look: Look;
}

export const INITIAL_STATE: State = {
  model: { kind: "bundled", name: "shortformer-copied" },
  device: "auto",
  session: DEFAULT_SESSION,
  look: {
    prompt: "mean",
    head: null,
    pinned: null,
    hideBos: false,
    locked: null,
    patches: { component: "z", by: "head" },
  },
};

/** What is patched goes from the prompt that does not run into the one that runs. */
export function patchDirection({ runs }: SessionSpec): "denoise" | "noise" {
  return runs === "corrupted" ? "denoise" : "noise";
}
