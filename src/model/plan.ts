/**
 * @file What a run was asked for, checked once, and what must be computed for it and no more: how
 * many layers, at which positions, and whether the whole vocabulary.
 */

import type { NdArray } from "../engine/ndarray.ts";
import type { Tensor } from "../engine/tensor.ts";
import { checkChoice, LookbackError } from "../errors.ts";
import type { ModelConfig } from "./config.ts";
import { RUN_MODES, type RunMode } from "./forward.ts";
import { type HookName, type HookPattern, layerOf, matchHooks } from "./hooks.ts";
import type { TokenBatch } from "./tokens.ts";

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

/** {@link RunOptions} after checking, with everything that follows from them. */
export interface RunPlan {
  readonly names: ReadonlySet<HookName>;
  readonly namesAtPositions: boolean;
  readonly hooks: ReadonlyMap<HookName, readonly Hook[]>;
  readonly mode: RunMode;
  readonly firstLayer: number;
  /** Layers are run up to and without this one. */
  readonly endLayer: number;
  readonly returnsResidual: boolean;
  /** Whether anything after the last layer is wanted. */
  readonly readsOut: boolean;
  readonly logits: boolean;
  readonly answers: readonly (readonly number[])[] | undefined;
  readonly answerLogProbs: boolean;
  /**
   * Whether all logits are formed for the sake of a few answers alone, so that nobody sees more of them.
   */
  readonly answersFromVocabulary: boolean;
  readonly lossPerToken: boolean;
  /** The positions read out. */
  readonly positions: readonly number[];
  /** Whether the last layer attends from `positions` alone: nobody looks at more of it. */
  readonly lastLayerAtPositions: boolean;
  /** Whether the final norm and unembedding run at every position, because somebody looks. */
  readonly readsOutEverywhere: boolean;
}

/** What comes before the heads of a layer, and so is computed everywhere whatever is read out. */
const BEFORE_HEADS = /\.(hook_resid_pre|ln1\.hook_scale|ln1\.hook_normalized)$/;

/** What a position has to itself, and so can be computed without the other positions. */
const OF_ONE_POSITION = /\.(hook_q|hook_pattern|hook_z|hook_attn_out|hook_resid_post)$/;

function resolvePositions(asked: RunOptions["positions"], length: number): number[] {
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
  return list.map((p) => {
    const position = p < 0 ? p + length : p;
    if (!Number.isInteger(position) || position < 0 || position >= length) {
      throw new LookbackError(
        "bad-spec",
        `positions: ${p} is outside prompts of ${length} tokens (0 to ${length - 1}, or -1 for the last)`,
        { position: p, length },
      );
    }
    return position;
  });
}

/** @throws LookbackError `bad-spec` unless hooks are pairs, which callers from JavaScript may forget. */
function hookEntries(hooks: RunOptions["hooks"] = []): readonly HookEntry[] {
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

function checkLayer(field: string, layer: number, config: ModelConfig): number {
  if (!Number.isInteger(layer) || layer < 0 || layer >= config.n_layers) {
    throw new LookbackError(
      "unknown-layer",
      `${field}: no layer ${layer}; this model has layers 0 to ${config.n_layers - 1}`,
      { layer, n_layers: config.n_layers },
    );
  }
  return layer;
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

/** Where the run can end: after the last layer that anything asked for or hooked lies in. */
function layersNeeded(
  touched: readonly HookName[],
  config: ModelConfig,
  readsOut: boolean,
): number {
  if (readsOut) return config.n_layers;
  let needed = 0;
  for (const name of touched) needed = Math.max(needed, (layerOf(name) ?? -1) + 1);
  return needed;
}

/**
 * Checks options against the model and the prompts and derives what must be computed.
 *
 * @throws LookbackError naming the option that was wrong.
 */
export function planRun(config: ModelConfig, tokens: TokenBatch, options: RunOptions): RunPlan {
  checkChoice("mode", options.mode ?? "total", RUN_MODES);
  checkChoice("namesAt", options.namesAt ?? "all", ["all", "positions"]);
  const names = matchHooks(options.names ?? [], config);
  const hooks = new Map<HookName, Hook[]>();
  for (const [pattern, hook] of hookEntries(options.hooks)) {
    for (const name of matchHooks([pattern], config)) {
      hooks.set(name, [...(hooks.get(name) ?? []), hook]);
    }
  }
  checkAnswers(options.answers, tokens, config);
  if (options.answerLogProbs && options.answers === undefined) {
    throw new LookbackError("bad-spec", "answerLogProbs: of which answers? Name them in `answers`");
  }
  if (options.lossPerToken && tokens.length < 2) {
    throw new LookbackError(
      "bad-spec",
      "lossPerToken: a prompt of one token has no next token to predict",
    );
  }

  const touched = [...names, ...hooks.keys()];
  const isFinal = (name: HookName) => name.startsWith("ln_final.") || name.startsWith("unembed.");
  const lossPerToken = options.lossPerToken ?? false;
  const nothingElse =
    names.length === 0 &&
    options.answers === undefined &&
    !lossPerToken &&
    options.stopAt === undefined;
  const logits = options.logits ?? nothingElse;
  const readsOut = logits || options.answers !== undefined || lossPerToken || touched.some(isFinal);

  const firstLayer =
    options.startAt === undefined ? 0 : checkLayer("startAt", options.startAt.layer, config);
  let endLayer = layersNeeded(touched, config, readsOut);
  if (options.stopAt !== undefined) {
    endLayer = checkLayer("stopAt", options.stopAt, config);
    if (endLayer < firstLayer) {
      throw new LookbackError(
        "bad-spec",
        `stopAt: layer ${endLayer} lies before layer ${firstLayer}, where this run starts`,
      );
    }
    if (readsOut) {
      throw new LookbackError(
        "bad-spec",
        `stopAt: a run that stops before layer ${endLayer} has no logits, answers, losses or final hooks to give`,
      );
    }
  }
  const start = options.startAt ? `the entry of layer ${firstLayer}` : "the embeddings";
  const end = options.stopAt === undefined ? "the logits" : `the entry of layer ${endLayer}`;
  for (const name of touched) {
    const layer = layerOf(name);
    const embedding = name === "hook_embed" || name === "hook_pos_embed";
    const skipped =
      layer === undefined
        ? embedding && options.startAt !== undefined
        : layer < firstLayer || layer >= endLayer;
    if (skipped) {
      throw new LookbackError(
        "unused-hook",
        `hook ${JSON.stringify(name)} is never passed: this run goes from ${start} to ${end}`,
        { name },
      );
    }
  }

  const positions = resolvePositions(options.positions, tokens.length);
  const namesAtPositions = options.namesAt === "positions";
  const readsOutEverywhere =
    positions.length >= tokens.length ||
    lossPerToken ||
    (namesAtPositions ? [...hooks.keys()] : touched).some(isFinal);
  const lastLayer = `blocks.${config.n_layers - 1}.`;
  const needsWholeLastLayer = (name: HookName) =>
    name.startsWith(lastLayer) &&
    !BEFORE_HEADS.test(name) &&
    (hooks.has(name) || !namesAtPositions || !OF_ONE_POSITION.test(name));
  return {
    names: new Set(names),
    namesAtPositions,
    hooks,
    mode: options.mode ?? "total",
    firstLayer,
    endLayer,
    returnsResidual: options.stopAt !== undefined,
    readsOut,
    logits,
    answers: options.answers,
    answerLogProbs: options.answerLogProbs ?? false,
    answersFromVocabulary:
      (options.answerLogProbs ?? false) &&
      !logits &&
      !lossPerToken &&
      !touched.includes("unembed.hook_out"),
    lossPerToken,
    positions,
    lastLayerAtPositions: !readsOutEverywhere && !touched.some(needsWholeLastLayer),
    readsOutEverywhere,
  };
}
