/** @file The points at which a run can be read and changed, by TransformerLens' names. */

import { didYouMean, LookbackError } from "../errors.ts";
import type { ModelConfig } from "./config.ts";

/** The hook points of one layer, after `blocks.N.`. */
export type LayerHook =
  | "hook_resid_pre"
  | "ln1.hook_scale"
  | "ln1.hook_normalized"
  | "attn.hook_q"
  | "attn.hook_k"
  | "attn.hook_v"
  | "attn.hook_attn_scores"
  | "attn.hook_pattern"
  | "attn.hook_z"
  | "hook_attn_out"
  | "hook_resid_post";

/** A hook point. `blocks.1.attn.hook_pattern` is `[batch, head, query, key]`, and so on. */
export type HookName =
  | "hook_embed"
  | "hook_pos_embed"
  | `blocks.${number}.${LayerHook}`
  | "ln_final.hook_scale"
  | "ln_final.hook_normalized"
  | "unembed.hook_in"
  | "unembed.hook_out";

/** Hook names or globs of them (`blocks.*.attn.hook_pattern`; `*` is every hook). */
export type HookPattern = HookName | (string & {});

const LAYER_HOOKS: readonly LayerHook[] = [
  "hook_resid_pre",
  "ln1.hook_scale",
  "ln1.hook_normalized",
  "attn.hook_q",
  "attn.hook_k",
  "attn.hook_v",
  "attn.hook_attn_scores",
  "attn.hook_pattern",
  "attn.hook_z",
  "hook_attn_out",
  "hook_resid_post",
];

/** The hook points of a model in the order in which a run passes them. */
export function hookNames(config: ModelConfig): HookName[] {
  const normalized = config.normalization !== null;
  const names: HookName[] = ["hook_embed", "hook_pos_embed"];
  for (let layer = 0; layer < config.n_layers; layer++) {
    for (const hook of LAYER_HOOKS) {
      if (normalized || !hook.startsWith("ln1.")) names.push(`blocks.${layer}.${hook}`);
    }
  }
  if (normalized) names.push("ln_final.hook_scale", "ln_final.hook_normalized");
  names.push("unembed.hook_in", "unembed.hook_out");
  return names;
}

/** The layer of a hook in a block, or undefined for the hooks before and after the blocks. */
export function layerOf(name: HookName): number | undefined {
  const match = /^blocks\.(\d+)\./.exec(name);
  return match === null ? undefined : Number(match[1]);
}

/** Other words that TransformerLens' `get_act_name` has for hooks. */
const ALIASES: Readonly<Record<string, string>> = {
  attn: "pattern",
  attn_logits: "attn_scores",
  query: "q",
  key: "k",
  value: "v",
};

/** The hook that `pattern`, `hook_pattern` or, with its layer behind it, `pattern0` is short for. */
function spelledOut(short: string, names: readonly HookName[]): HookName | undefined {
  const [, word = short, layer] = /^(.*?)(\d+)?$/.exec(short) ?? [];
  const ending = `hook_${(ALIASES[word] ?? word).replace(/^(attn\.)?hook_/, "")}`;
  return names.find(
    (name) =>
      (name === ending || name.endsWith(`.${ending}`)) &&
      (layer === undefined || layerOf(name) === Number(layer)),
  );
}

/** `; did you mean "blocks.0.attn.hook_pattern"?`, for short and mistyped names; or nothing. */
export function didYouMeanHook(given: string, names: readonly HookName[]): string {
  return didYouMean(spelledOut(given, names) ?? given, names);
}

/** @throws LookbackError `bad-spec` unless they are a list of names, which callers from JavaScript may forget. */
function checkPatterns(patterns: unknown, names: readonly HookName[]): void {
  if (!Array.isArray(patterns)) {
    throw new LookbackError(
      "bad-spec",
      `names: ${JSON.stringify(patterns)} is no list of hook names; give [${JSON.stringify(patterns)}]`,
      { field: "names", value: patterns },
    );
  }
  for (const pattern of patterns) {
    if (typeof pattern === "string") continue;
    const hint = Array.isArray(pattern) ? didYouMeanHook(pattern.join(""), names) : "";
    throw new LookbackError(
      "bad-spec",
      `names: ${JSON.stringify(pattern)} is no hook name${hint}`,
      { field: "names", value: pattern },
    );
  }
}

/**
 * The hook points that patterns name, in the order of a run.
 *
 * @throws LookbackError `unknown-hook` when a pattern matches none, with the name that may be meant;
 *   `bad-spec` for what is no list of names.
 */
export function matchHooks(patterns: readonly HookPattern[], config: ModelConfig): HookName[] {
  const all = hookNames(config);
  checkPatterns(patterns, all);
  const matched = new Set<HookName>();
  for (const pattern of patterns) {
    const regex = new RegExp(
      `^${pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`,
    );
    const hits = all.filter((name) => regex.test(name));
    if (hits.length === 0) {
      throw new LookbackError(
        "unknown-hook",
        `unknown hook ${JSON.stringify(pattern)}: this model has ${config.n_layers} layers${config.normalization === null ? " and no LayerNorm" : ""}${didYouMeanHook(pattern, all)}`,
        { pattern },
      );
    }
    for (const name of hits) matched.add(name);
  }
  return all.filter((name) => matched.has(name));
}

/** The axis of positions in an activation: that of the query in scores and patterns, [B, H, Q, P]. */
export function positionAxisOf(name: HookName): number {
  return name.endsWith(".hook_attn_scores") || name.endsWith(".hook_pattern") ? 2 : 1;
}
