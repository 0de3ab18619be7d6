/** @file What labels on the command line name: heads, senders and receivers, each once. */

import { InvalidArgumentError } from "commander";
import {
  allReceivers,
  allSenders,
  type Edge,
  isEdge,
  parseHeads,
  parseReceivers,
  parseSenders,
  type Receiver,
  receiverLabel,
  type Sender,
  senderLabel,
} from "../interventions/edges.ts";
import type { ModelConfig } from "../model/config.ts";
import { type HeadIndex, headLabel } from "../model/heads.ts";
import { UsageError } from "./usage-error.ts";

/** `L0H4,L1H3`: labels with commas between them. */
export function labelList(text: string): string[] {
  const labels = text.split(",").map((label) => label.trim());
  if (labels.includes("")) {
    throw new InvalidArgumentError("It must be labels with commas between them.");
  }
  return labels;
}

/** The first of each that bear one label. */
function once<T>(things: readonly T[], label: (thing: T) => string): T[] {
  return [...new Map(things.map((thing) => [label(thing), thing] as const)).values()];
}

/**
 * The heads that labels name: `L0H4`, `L0` for a layer, or `all`.
 *
 * @throws LookbackError `unknown-head` or `unknown-layer`.
 */
export function headsNamed(labels: readonly string[], config: ModelConfig): HeadIndex[] {
  return once(
    labels.flatMap((label) => parseHeads(label, config)),
    headLabel,
  );
}

/**
 * The senders that labels name; without labels all that can differ between two prompts, which output
 * biases cannot.
 *
 * @throws LookbackError `unknown-head` or `unknown-layer`.
 */
export function sendersNamed(labels: readonly string[] | undefined, config: ModelConfig): Sender[] {
  if (labels === undefined) return allSenders(config).filter(({ kind }) => kind !== "bias");
  return once(
    labels.flatMap((label) => parseSenders(label, config)),
    senderLabel,
  );
}

/**
 * The receivers that labels name; without labels all of them.
 *
 * @throws LookbackError `unknown-head`, `unknown-layer` or `bad-spec`.
 */
export function receiversNamed(
  labels: readonly string[] | undefined,
  config: ModelConfig,
): Receiver[] {
  if (labels === undefined) return allReceivers(config);
  return once(
    labels.flatMap((label) => parseReceivers(label, config)),
    receiverLabel,
  );
}

/** `L0H4 → L1H3.q` */
export function pathLabel({ from, to }: Edge): string {
  return `${senderLabel(from)} → ${receiverLabel(to)}`;
}

/**
 * The paths that labels such as `L0H4:L1H3.q` name, each once; where a side names several, all paths
 * that there are between them.
 *
 * @throws LookbackError as {@link sendersNamed} and {@link receiversNamed}; UsageError when a label is
 *   no path, or names none.
 */
export function pathsNamed(option: string, labels: readonly string[], config: ModelConfig): Edge[] {
  const paths = labels.flatMap((label) => {
    const [from, to, ...rest] = label.split(":");
    if (!from || !to || rest.length > 0) {
      throw new UsageError(`${option}: ${label} is no path; name them as in L0H4:L1H3.q`);
    }
    const receivers = receiversNamed([to], config);
    const found = sendersNamed([from], config)
      .flatMap((sender) => receivers.map((receiver): Edge => ({ from: sender, to: receiver })))
      .filter((edge) => isEdge(edge, config));
    if (found.length === 0) {
      throw new UsageError(
        `${option}: there is no path ${label}: a receiver sees only what was written before it`,
      );
    }
    return found;
  });
  return once(paths, pathLabel);
}
