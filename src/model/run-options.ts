/** @file What a run can be asked for, and whether what it was asked is well formed. */

import type { NdArray } from "../engine/ndarray.ts";
import type { Tensor } from "../engine/tensor.ts";
import { LookbackError } from "../errors.ts";
import type { ModelConfig } from "./config.ts";
import type { RunMode } from "./forward.ts";
import type { HookName, HookPattern } from "./hooks.ts";
import { positionFromStart, type TokenBatch } from "./tokens.ts";

/** What a hook is told beside the activation. */
export interface HookContext {
  readonly name: HookName;
  /** The prompts that this activation belongs to. */
  readonly tokens: TokenBatch;
  /** Their rows in the batch that was given to the run, `[start, end)`. */
  readonly rows: readonly [start: number, end: number];
}

/**
 * Sees an activation while the model runs; what it returns (same shape) takes the activation's
 * place. It must be synchronous; the tensors it makes are freed with the run unless kept.
 */
export type Hook = (value: Tensor, context: HookContext) => Tensor | undefined;

/** A hook and the hook points, or globs of them, that it is put on. */
export type HookEntry = readonly [pattern: HookPattern, hook: Hook];

/** What to run and what to give back. Everything that is not asked for is not computed. */
export interface RunOptions {
  /** Activations to return, by hook name or glob. */
  readonly names?: readonly HookPattern[];
  /**
   * `all` (default): activations at every position. `positions`: at `positions` alone, along the axis
   * of queries in scores and patterns; what happens elsewhere in the last layer is not computed.
   */
  readonly namesAt?: "all" | "positions";
  /** Logits over the vocabulary. Default: only when nothing else is asked for. */
  readonly logits?: boolean;
  /** The positions of logits and answers. Default `last`. Negative positions count from the end. */
  readonly positions?: "last" | "all" | readonly number[];
  /** For each row the tokens (equally many) whose logits are wanted: far cheaper than all logits. */
  readonly answers?: readonly (readonly number[])[];
  /** Also the log-probabilities of the answers, which need the whole vocabulary. */
  readonly answerLogProbs?: boolean;
  /** Cross-entropy of each next token, in nats. */
  readonly lossPerToken?: boolean;
  readonly hooks?: readonly HookEntry[];
  readonly mode?: RunMode;
  /** Go on from a residual stream `[batch, pos, d_model]` at the entry of a layer. */
  readonly startAt?: { readonly layer: number; readonly residual: NdArray };
  /** Stop before this layer and return the residual stream there. */
  readonly stopAt?: number;
  /**
   * Rows computed at a time. Default: as many as fit in a fixed amount of memory, but all rows at
   * once where there are hooks, since a hook may look across the batch.
   */
  readonly chunkRows?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (rowsDone: number, rowsTotal: number) => void;
}

/**
 * The positions asked for, from the start.
 *
 * @throws LookbackError `bad-spec` for what is no list of positions that prompts of `length` tokens have.
 */
export function resolvePositions(asked: RunOptions["positions"], length: number): number[] {
  if (asked === "all") return Array.from({ length }, (_, p) => p);
  const list = asked === undefined || asked === "last" ? [-1] : asked;
  if (!Array.isArray(list)) {
    const example = typeof list === "number" ? list : -1;
    throw new LookbackError(
      "bad-spec",
      `positions: ${JSON.stringify(list)} is no list; give [${example}], "last" or "all"`,
      { field: "positions", value: list },
    );
  }
  if (list.length === 0) throw new LookbackError("bad-spec", "positions: need at least one");
  return list.map((position) => positionFromStart("positions", position, length));
}

/** @throws LookbackError `bad-spec` unless hooks are pairs, which callers from JavaScript may forget. */
export function hookEntries(hooks: RunOptions["hooks"] = []): readonly HookEntry[] {
  const entries: readonly unknown[] = Array.isArray(hooks) ? hooks : [hooks];
  for (const [i, entry] of entries.entries()) {
    if (Array.isArray(entry) && entry.length === 2 && typeof entry[1] === "function") continue;
    throw new LookbackError(
      "bad-spec",
      `hooks: entry ${i} is no pair of a hook name and a function; give [["blocks.0.attn.hook_z", (value, { name }) => …]]`,
      { field: "hooks", entry: i },
    );
  }
  return hooks;
}

/** @throws LookbackError `bad-shape` or `token-out-of-range` unless every row has its answers. */
export function checkAnswers(
  answers: RunOptions["answers"],
  tokens: TokenBatch,
  config: ModelConfig,
): void {
  if (answers === undefined) return;
  if (answers.length !== tokens.batch) {
    throw new LookbackError(
      "bad-shape",
      `answers: ${answers.length} rows for ${tokens.batch} prompts; need one row a prompt`,
    );
  }
  const width = answers[0]?.length ?? 0;
  for (const [r, row] of answers.entries()) {
    if (typeof row?.length !== "number") {
      throw new LookbackError(
        "bad-shape",
        `answers: row ${r} is ${JSON.stringify(row)}; each prompt needs a list of token ids, as in [[5], [6]]`,
      );
    }
    if (row.length !== width || width === 0) {
      throw new LookbackError(
        "bad-shape",
        `answers: row ${r} names ${row.length} tokens and row 0 names ${width}; all rows need equally many, at least one`,
      );
    }
    for (const id of row) {
      if (!Number.isInteger(id) || id < 0 || id >= config.d_vocab) {
        throw new LookbackError(
          "token-out-of-range",
          `answers: row ${r} holds ${id}; this model's vocabulary is 0 to ${config.d_vocab - 1}`,
          { row: r, id, d_vocab: config.d_vocab },
        );
      }
    }
  }
}
