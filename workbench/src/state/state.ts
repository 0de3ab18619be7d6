/**
 * @file Everything that a reader has chosen, as one immutable value of plain JSON: it is what a link
 * holds, what undo goes back to, and what all views are drawn from.
 */

import { DEFAULT_MODEL } from "../../../src/loading/default-model.ts";
import type { HeadIndex } from "../../../src/model/heads.ts";
import type { CommandViews } from "../../../src/session/commands.ts";
import { DEFAULT_SESSION } from "../../../src/session/parse-spec.ts";
import type { PromptChoice, SessionComponent, SessionSpec } from "../../../src/session/spec.ts";
import type { TableAxis } from "../../../src/session/table-sweep.ts";
import type { DeviceChoice } from "../worker/protocol.ts";

/** A model as a link names it. Of files and runs that the page was given it has no more than names. */
export type ModelChoice =
  | { readonly kind: "bundled"; readonly name: string }
  | { readonly kind: "hub"; readonly id: string }
  | { readonly kind: "files"; readonly name: string }
  /** Of a run that the page was given: served, dropped or trained here. */
  | { readonly kind: "checkpoint"; readonly run: string; readonly checkpoint: string };

/** A checkpoint as a link names it. */
export type CheckpointChoice = Extract<ModelChoice, { readonly kind: "checkpoint" }>;

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
  /** What the table is over; null where there is none. */
  readonly table: TableChoice | null;
}

/** The answer at several lengths, gaps or distances, or in both orders. */
export interface TableChoice {
  readonly over: TableAxis["over"];
  /** The largest value. */
  readonly to: number;
}

/** The state of the page. */
export interface State {
  readonly page: "bench" | "story" | "train";
  readonly model: ModelChoice;
  readonly device: DeviceChoice;
  readonly session: SessionSpec;
  readonly look: Look;
}

export const INITIAL_STATE: State = {
  page: "bench",
  model: { kind: "bundled", name: DEFAULT_MODEL },
  device: "auto",
  session: DEFAULT_SESSION,
  look: {
    prompt: "mean",
    head: null,
    pinned: null,
    hideBos: false,
    locked: null,
    patches: { component: "z", by: "head" },
    table: null,
  },
};

/** The values of a table. */
export function tableAxis({ over, to }: TableChoice): TableAxis {
  if (over === "order") return { over, values: ["first-second", "second-first"] };
  const first = over === "length" ? 2 : 0;
  return { over, values: Array.from({ length: to - first + 1 }, (_, i) => first + i) };
}

/** What is patched goes from the prompt that does not run into the one that runs. */
export function patchDirection({ runs }: SessionSpec): "denoise" | "noise" {
  return runs === "corrupted" ? "denoise" : "noise";
}

/** What a state looks at that has command lines, beside attention and answer. */
export function commandViews({ session, look }: State): CommandViews {
  return {
    matrix: { ...look.patches, direction: patchDirection(session) },
    ...(look.table && { table: tableAxis(look.table) }),
  };
}
