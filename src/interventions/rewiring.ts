/**
 * @file What a run can be rewired by: heads whose output is another's for everybody, and edges along
 * which a sender's output is another's for one receiver alone.
 */

import type { ModelConfig } from "../model/config.ts";
import type { HeadIndex } from "../model/heads.ts";
import type { HookName } from "../model/hooks.ts";
import { componentHook } from "./components.ts";
import { type Edge, layerOfSender, type Sender, senderLabel } from "./edges.ts";

/** One way to rewire a run. */
export interface Rewiring {
  /** Heads whose whole output is replaced. */
  readonly heads?: readonly HeadIndex[];
  /** Edges along which a sender's output is replaced; what else it reaches sees the run's own. */
  readonly edges?: readonly Edge[];
  /** The positions at which edges are replaced. Default all. */
  readonly positions?: readonly number[];
}

/** The layer at which a run first differs from its own; `n_layers` where only the logits do. */
export function firstLayer(
  { heads = [], edges = [] }: Rewiring,
  { n_layers }: ModelConfig,
): number {
  const ofEdges = edges.map(({ to }) => (to.kind === "logits" ? n_layers : to.layer));
  return Math.min(n_layers, ...heads.map(({ layer }) => layer), ...ofEdges);
}

/** The hook point at which what a sender writes can be seen; a bias has none, for it never differs. */
export function senderHook(sender: Sender): HookName | undefined {
  switch (sender.kind) {
    case "embed":
      return "hook_embed";
    case "pos":
      return "hook_pos_embed";
    case "bias":
      return undefined;
    case "head":
      return componentHook("z", sender.layer);
  }
}

/** Every hook point that some rewirings replace, in the order of a run. */
export function replacedHooks(rewirings: readonly Rewiring[], config: ModelConfig): HookName[] {
  const found = new Set<HookName>();
  for (const { heads = [], edges = [] } of rewirings) {
    for (const { layer } of heads) found.add(componentHook("z", layer));
    for (const { from } of edges) {
      const hook = senderHook(from);
      if (hook !== undefined) found.add(hook);
    }
  }
  const inOrder: HookName[] = ["hook_embed", "hook_pos_embed"];
  for (let layer = 0; layer < config.n_layers; layer++) {
    inOrder.push(componentHook("z", layer));
  }
  return inOrder.filter((hook) => found.has(hook));
}

/** The senders of the edges into the receivers that a test accepts, each once, in order of writing. */
export function sendersInto(
  { edges = [] }: Rewiring,
  accepts: (to: Edge["to"]) => boolean,
): readonly Sender[] {
  const senders = new Map(
    edges.filter(({ to }) => accepts(to)).map(({ from }) => [senderLabel(from), from]),
  );
  return [...senders.values()].toSorted((a, b) => layerOfSender(a) - layerOfSender(b));
}
