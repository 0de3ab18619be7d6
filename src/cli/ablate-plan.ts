/** @file What `lookback ablate` was asked to ablate: each head, some together, pairs, paths, or the rest. */

import type { Edge } from "../interventions/edges.ts";
import type { Rewiring } from "../interventions/rewiring.ts";
import type { ModelConfig } from "../model/config.ts";
import { allHeads, type HeadIndex, headLabel } from "../model/heads.ts";
import { headsNamed, pathLabel, pathsNamed } from "./labels.ts";
import { UsageError } from "./usage-error.ts";

/** The options that say what is ablated. */
export interface AblateTargets {
  readonly heads?: readonly string[];
  readonly pairs?: true;
  readonly paths?: readonly string[];
  readonly keep?: readonly string[];
}

/**
 * `each`: every head alone. `together`: some heads at once. `pairs`: heads alone, and two at a time.
 * `paths`: each path by itself. `keep`: all heads but some, and all of them.
 */
export type AblateMode = "each" | "together" | "pairs" | "paths" | "keep";

/** One thing that is ablated by itself. */
export interface Target {
  readonly name: string;
  readonly rewiring: Rewiring;
}

/** All that is ablated, in the order in which it is reported. */
export interface AblatePlan {
  readonly mode: AblateMode;
  /** The heads that are meant; with `keep` those that are left as they are. Empty for paths. */
  readonly heads: readonly HeadIndex[];
  readonly targets: readonly Target[];
}

/** Heads that are ablated at once. */
function atOnce(heads: readonly HeadIndex[]): Target {
  return { name: heads.map(headLabel).join("+"), rewiring: { heads } };
}

/** Each of the heads with each that comes after it. */
function pairsOf(heads: readonly HeadIndex[]): (readonly [HeadIndex, HeadIndex])[] {
  return heads.flatMap((a, i) => heads.slice(i + 1).map((b) => [a, b] as const));
}

/** @throws UsageError naming two options that ask for different things. */
export function checkTargets(targets: AblateTargets): void {
  const conflicts: readonly (readonly [keyof AblateTargets, keyof AblateTargets])[] = [
    ["keep", "pairs"],
    ["keep", "heads"],
    ["keep", "paths"],
    ["paths", "pairs"],
    ["paths", "heads"],
  ];
  for (const [a, b] of conflicts) {
    if (targets[a] === undefined || targets[b] === undefined) continue;
    throw new UsageError(`--${a} and --${b} ask for different things; use one of them`);
  }
}

/**
 * What to ablate.
 *
 * @throws UsageError for options that do not go together, or labels of the wrong kind; LookbackError
 *   `unknown-head`, `unknown-layer` or `bad-spec`.
 */
export function ablatePlan(targets: AblateTargets, config: ModelConfig): AblatePlan {
  checkTargets(targets);
  const { heads: asked, pairs, paths, keep } = targets;
  const every = allHeads(config);
  if (paths !== undefined) {
    const pathTargets = pathsNamed("--paths", paths, config).map(
      (edge: Edge): Target => ({ name: pathLabel(edge), rewiring: { edges: [edge] } }),
    );
    return { mode: "paths", heads: [], targets: pathTargets };
  }
  if (keep !== undefined) {
    const kept = headsNamed(keep, config);
    const labels = new Set(kept.map(headLabel));
    const rest = every.filter((head) => !labels.has(headLabel(head)));
    const name = `only ${kept.map(headLabel).join("+")}`;
    return {
      mode: "keep",
      heads: kept,
      targets: [
        { name, rewiring: { heads: rest } },
        { name: "no heads", rewiring: { heads: every } },
      ],
    };
  }
  const heads = asked === undefined ? every : headsNamed(asked, config);
  const alone = heads.map((head) => atOnce([head]));
  if (pairs) {
    if (heads.length < 2) throw new UsageError("--pairs needs two heads or more");
    return { mode: "pairs", heads, targets: [...alone, ...pairsOf(heads).map(atOnce)] };
  }
  if (asked === undefined) return { mode: "each", heads, targets: alone };
  return { mode: "together", heads, targets: [atOnce(heads)] };
}
