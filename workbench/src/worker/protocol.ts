/**
 * @file What the page and its worker say to each other. The worker owns the model; the page asks for
 * results by kind, and of each kind only the latest question counts.
 */

import type { DeviceKind } from "../../../src/engine/device.ts";
import type { HeadCard } from "../../../src/hypothesis/head-card.ts";
import type { LagProfile } from "../../../src/measures/lag-profile.ts";
import type { Estimate } from "../../../src/measures/statistics.ts";
import type { ModelConfig } from "../../../src/model/config.ts";
import type { HeadIndex } from "../../../src/model/heads.ts";
import type { SessionAnswer } from "../../../src/session/answer.ts";
import type { SessionAttention } from "../../../src/session/attention.ts";
import type { CommandViews, SessionCommand } from "../../../src/session/commands.ts";
import type { PatchEffects } from "../../../src/session/patch-effects.ts";
import type { PatchMatrixOptions, SessionPatchMatrix } from "../../../src/session/patch-matrix.ts";
import type { PromptToken } from "../../../src/session/prompts.ts";
import type { PromptChoice, SessionSpec } from "../../../src/session/spec.ts";
import type { SessionTableRow, UnfitTableRow } from "../../../src/session/table.ts";
import type { TableAxis } from "../../../src/session/table-sweep.ts";

/** Where a model comes from. */
export type ModelSource =
  | { readonly kind: "bundled"; readonly name: string }
  | { readonly kind: "hub"; readonly id: string }
  /** A model folder of this site, by its path. */
  | { readonly kind: "site"; readonly folder: string; readonly name: string }
  /**
   * `folder` is the one that was dropped, if it was one. Files of the same `id` are the same; of those
   * that have none that is not known, for who drops them again may have changed them.
   */
  | {
      readonly kind: "files";
      readonly files: readonly File[];
      readonly folder: string | null;
      readonly id?: string;
    };

/** Where to compute: `auto` is WebGPU where there is a graphics card, otherwise WebAssembly. */
export type DeviceChoice = "auto" | DeviceKind;

/** A model that is ready. */
export interface ModelInfo {
  readonly name: string;
  readonly hash: string;
  readonly config: ModelConfig;
  readonly hasTokenizer: boolean;
  readonly bos: number;
  /** The head that does most induction. */
  readonly lead: HeadIndex;
  readonly device: DeviceKind;
  readonly threads: number;
}

/** One prompt of the batch as it is shown. */
export interface ShownPrompts {
  readonly batch: number;
  readonly row: number;
  readonly clean: readonly PromptToken[];
  readonly corrupted: readonly PromptToken[] | null;
  readonly changed: readonly number[];
  readonly read: number;
}

/** Attention of all heads, as the page draws it. */
export interface ShownAttention extends SessionAttention {
  /** The position whose prediction is the answer. */
  readonly read: number;
  /** The same without BOS and with rows that sum to one; absent where prompts do not open with it. */
  readonly hidden: SessionAttention["mean"] | null;
  /** How far back each head looks, [layer][head]. */
  readonly lags: readonly (readonly LagProfile[])[];
}

/** The answer with interventions, and without. */
export interface ShownAnswer {
  readonly now: SessionAnswer;
  /** Null where there are no interventions: then there is nothing to compare with. */
  readonly before: SessionAnswer | null;
  /** What the interventions change in the logit difference, prompt by prompt. */
  readonly change: Estimate | null;
}

/** The matrix of patches, as the page draws it. */
export interface ShownPatches extends SessionPatchMatrix {
  readonly effects: PatchEffects;
}

/** A row of a table, or why there is none. */
export type TableRow = SessionTableRow | UnfitTableRow;

interface Looked {
  readonly spec: SessionSpec;
  readonly prompt: PromptChoice;
}

/** Every kind of work: what is asked, what comes back, and what may come in between. */
export interface Work {
  readonly load: {
    readonly ask: { readonly source: ModelSource; readonly device: DeviceChoice };
    readonly result: ModelInfo;
    readonly part: never;
  };
  readonly roles: {
    readonly ask: Record<never, never>;
    readonly result: readonly HeadCard[];
    readonly part: never;
  };
  /** The same on many prompts, for which nobody waits. */
  readonly sureRoles: {
    readonly ask: Record<never, never>;
    readonly result: readonly HeadCard[];
    readonly part: never;
  };
  readonly prompts: {
    readonly ask: { readonly spec: SessionSpec; readonly row: number };
    readonly result: ShownPrompts;
    readonly part: never;
  };
  readonly attention: {
    readonly ask: Looked;
    readonly result: ShownAttention;
    readonly part: never;
  };
  readonly answer: {
    readonly ask: Looked;
    readonly result: ShownAnswer;
    readonly part: never;
  };
  readonly commands: {
    readonly ask: { readonly spec: SessionSpec; readonly views: CommandViews };
    readonly result: readonly SessionCommand[];
    readonly part: never;
  };
  readonly table: {
    readonly ask: { readonly spec: SessionSpec; readonly axis: TableAxis };
    readonly result: readonly TableRow[];
    readonly part: { readonly row: TableRow; readonly index: number };
  };
  readonly patches: {
    readonly ask: { readonly spec: SessionSpec } & Pick<
      PatchMatrixOptions,
      "component" | "by" | "direction"
    >;
    readonly result: ShownPatches;
    readonly part: ShownPatches;
  };
}

export type WorkKind = keyof Work;

/** From the page. */
export type ToWorker =
  | {
      readonly [K in WorkKind]: {
        readonly id: number;
        readonly kind: K;
        readonly ask: Work[K]["ask"];
      };
    }[WorkKind]
  | { readonly id: number; readonly kind: "cancel" };

/** What went wrong, as it can cross over. */
export interface Problem {
  readonly code: string;
  readonly message: string;
}

/** To the page, about a question by its id. */
export type FromWorker =
  | {
      readonly id: number;
      readonly kind: "progress";
      readonly share: number;
      readonly words: string;
    }
  | { readonly id: number; readonly kind: "part"; readonly part: unknown }
  | { readonly id: number; readonly kind: "result"; readonly result: unknown }
  | { readonly id: number; readonly kind: "problem"; readonly problem: Problem };
