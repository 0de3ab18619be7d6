/** @file The paths that the claims are about: from some heads to what the induction heads read with. */

import { type Edge, type HeadInput, isEdge, type Receiver } from "../interventions/edges.ts";
import type { ModelConfig } from "../model/config.ts";
import type { HeadIndex } from "../model/heads.ts";

/** What the induction heads read with, or the logits. */
export type ReadBy = HeadInput | "logits";

/** The edges from some heads to what all the induction heads read with, or to the logits. */
export function edgesTo(
  from: readonly HeadIndex[],
  induction: readonly HeadIndex[],
  by: ReadBy,
  config: ModelConfig,
): Edge[] {
  const receivers: Receiver[] =
    by === "logits"
      ? [{ kind: "logits" }]
      : induction.map((head) => ({ kind: "input", ...head, input: by }));
  return from
    .flatMap((head) => receivers.map((to): Edge => ({ from: { kind: "head", ...head }, to })))
    .filter((edge) => isEdge(edge, config));
}
