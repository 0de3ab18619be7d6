/**
 * @file The edges of an attention-only transformer: from what writes into the residual stream, a
 * sender, to what reads it, a receiver. A path is patched along an edge (Wang et al., 2022;
 * Goldowsky-Dill et al., 2023).
 */

import { didYouMean, LookbackError } from "../errors.ts";
import type { ModelConfig } from "../model/config.ts";
import { allHeads, type HeadIndex, headLabel, parseHead } from "../model/heads.ts";

/** What a head reads the stream with. */
export type HeadInput = "q" | "k" | "v";

/** What writes: the token or positional embedding, a layer's output bias `b_O`, or a head. */
export type Sender =
  | { readonly kind: "embed" }
  | { readonly kind: "pos" }
  | { readonly kind: "bias"; readonly layer: number }
  | ({ readonly kind: "head" } & HeadIndex);

/** What reads: a head's queries, keys or values, or the logits. */
export type Receiver =
  | { readonly kind: "logits" }
  | ({ readonly kind: "input"; readonly input: HeadInput } & HeadIndex);

/** A sender's output as a receiver sees it. */
export interface Edge {
  readonly from: Sender;
  readonly to: Receiver;
}

export const HEAD_INPUTS: readonly HeadInput[] = ["q", "k", "v"];

/** `embed`, `pos`, `L0.b_O` or `L0H4`. */
export function senderLabel(sender: Sender): string {
  if (sender.kind === "head") return headLabel(sender);
  return sender.kind === "bias" ? `L${sender.layer}.b_O` : sender.kind;
}

/** `L1H6.q` or `logits`. */
export function receiverLabel(receiver: Receiver): string {
  return receiver.kind === "logits" ? "logits" : `${headLabel(receiver)}.${receiver.input}`;
}

/** Every sender of a model, in the order in which they write. */
export function allSenders(config: ModelConfig): Sender[] {
  const layers = Array.from({ length: config.n_layers }, (_, layer) => layer);
  const ofLayer = (layer: number): Sender[] => [
    ...allHeads(config)
      .filter((head) => head.layer === layer)
      .map((head) => ({ kind: "head", ...head }) as const),
    { kind: "bias", layer },
  ];
  return [{ kind: "embed" }, { kind: "pos" }, ...layers.flatMap(ofLayer)];
}

/** Every receiver of a model, in the order in which they read. */
export function allReceivers(config: ModelConfig): Receiver[] {
  const inputs = allHeads(config).flatMap((head) =>
    HEAD_INPUTS.map((input) => ({ kind: "input", ...head, input }) as const),
  );
  return [...inputs, { kind: "logits" }];
}

/** The layer after which a sender has written; that of the embeddings is -1. */
export function layerOfSender(sender: Sender): number {
  return sender.kind === "embed" || sender.kind === "pos" ? -1 : sender.layer;
}

/**
 * Whether a receiver sees what a sender writes: only what comes before it, and a positional embedding
 * that is added to the inputs of queries and keys (shortformer) is seen by nothing else.
 */
export function isEdge({ from, to }: Edge, { shortformer_pos }: ModelConfig): boolean {
  if (from.kind === "pos" && shortformer_pos) return to.kind === "input" && to.input !== "v";
  return to.kind === "logits" || layerOfSender(from) < to.layer;
}

/** The layer that a label `L1` names; undefined for other labels. */
function layerNamed(label: string, { n_layers }: ModelConfig): number | undefined {
  const layer = /^L(\d+)$/i.exec(label)?.[1];
  if (layer === undefined) return undefined;
  if (Number(layer) < n_layers) return Number(layer);
  throw new LookbackError(
    "unknown-layer",
    `no layer ${layer} in ${JSON.stringify(label)}; this model has layers 0 to ${n_layers - 1}`,
    { label, n_layers },
  );
}

/** The label of a head, or of a layer for all of its heads. */
function isOfHeads(label: string): boolean {
  return /^L\d+(H\d+)?$/i.test(label);
}

/**
 * The heads that a label names: `L0H4`, `L0` for all of a layer, or `all`.
 *
 * @throws LookbackError `unknown-head` or `unknown-layer`.
 */
export function parseHeads(label: string, config: ModelConfig): HeadIndex[] {
  if (label === "all") return allHeads(config);
  const layer = layerNamed(label, config);
  if (layer === undefined) return [parseHead(label, { config })];
  return allHeads(config).filter((head) => head.layer === layer);
}

/** The error of a label that is of no kind, with the kinds that there are and the nearest one. */
function unknownEnd(
  end: "sender" | "receiver",
  label: string,
  kinds: string,
  known: readonly string[],
): LookbackError {
  return new LookbackError(
    "unknown-head",
    `unknown ${end} ${JSON.stringify(label)}: name ${kinds}${didYouMean(label, known)}`,
    { label },
  );
}

/**
 * The senders that a label names: `embed`, `pos`, `L0.b_O`, `L0H4`, `L0` for all heads of a layer, or
 * `all`.
 *
 * @throws LookbackError `unknown-head` or `unknown-layer`.
 */
export function parseSenders(label: string, config: ModelConfig): Sender[] {
  if (label === "all") return allSenders(config);
  if (label === "embed" || label === "pos") return [{ kind: label }];
  const bias = /^(L\d+)\.b_O$/i.exec(label)?.[1];
  if (bias !== undefined) return [{ kind: "bias", layer: layerNamed(bias, config) as number }];
  if (!isOfHeads(label)) {
    const kinds = "embed, pos, a head such as L0H4, L0 for a layer's heads, L0.b_O, or all";
    throw unknownEnd("sender", label, kinds, ["all", ...allSenders(config).map(senderLabel)]);
  }
  return parseHeads(label, config).map((head) => ({ kind: "head", ...head }));
}

/**
 * The receivers that a label names: `L1H6.q`, `L1H6` for its three inputs, `L1.q` or `L1` for those of
 * all heads of a layer, `logits`, or `all`.
 *
 * @throws LookbackError `unknown-head`, `unknown-layer`, or `bad-spec` for an input other than q, k, v.
 */
export function parseReceivers(label: string, config: ModelConfig): Receiver[] {
  if (label === "all") return allReceivers(config);
  if (label === "logits") return [{ kind: "logits" }];
  const [heads = "", input, ...rest] = label.split(".");
  if (!isOfHeads(heads)) {
    const kinds =
      "logits, a head's input such as L1H3.q, L1H3 or L1 for all of these, L1.q, or all";
    throw unknownEnd("receiver", label, kinds, ["all", ...allReceivers(config).map(receiverLabel)]);
  }
  const inputs = HEAD_INPUTS.filter((known) => input === undefined || known === input);
  if (inputs.length === 0 || rest.length > 0) {
    throw new LookbackError(
      "bad-spec",
      `receiver ${JSON.stringify(label)}: a head reads with q, k or v, as in ${heads}.q; or name logits`,
      { label },
    );
  }
  return parseHeads(heads, config).flatMap((head) =>
    inputs.map((known): Receiver => ({ kind: "input", ...head, input: known })),
  );
}
