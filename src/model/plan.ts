/**
 * @file What must be computed for what a run was asked, and no more: how many layers, at which positions,
 * and whether the whole vocabulary.
 */

import { checkChoice, LookbackError } from "../errors.ts";
import type { ModelConfig } from "./config.ts";
import { RUN_MODES, type RunMode } from "./forward.ts";
import { type HookName, layerOf, matchHooks } from "./hooks.ts";
import {
  checkAnswers,
  type Hook,
  hookEntries,
  type RunOptions,
  resolvePositions,
} from "./run-options.ts";
import type { TokenBatch } from "./tokens.ts";

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
