/** @file A matrix of patches as it is drawn: what each patch changes, in rows and columns. */

import { type HeadIndex, headLabel } from "../model/heads.ts";
import type { SessionPatchMatrix } from "./patch-matrix.ts";

/**
 * What each patch changes: how far it goes, less how far the run is without it. By head the rows are
 * layers and the columns heads, [L, H]; by position the rows are heads, layer by layer, [L * H, P].
 */
export interface PatchEffects {
  readonly rows: number;
  readonly columns: number;
  /** Row by row. */
  readonly values: Float64Array;
}

/** The effects of a matrix of patches. */
export function patchEffects({
  by,
  shape,
  normalised,
  before,
}: Pick<SessionPatchMatrix, "by" | "shape" | "normalised" | "before">): PatchEffects {
  const flat = ([normalised] as readonly unknown[]).flat(4) as number[];
  const effects = Float64Array.from(flat, (value) => value - before.mean);
  if (by === "head") {
    const [layers = 0, heads = 0] = shape;
    return { rows: layers, columns: heads, values: effects };
  }
  // They come as [L, P, H], and a reader follows a head along the prompt.
  const [layers = 0, positions = 0, heads = 0] = shape;
  const values = new Float64Array(effects.length);
  for (const [i, value] of effects.entries()) {
    const head = i % heads;
    const position = Math.floor(i / heads) % positions;
    const layer = Math.floor(i / (heads * positions));
    values[(layer * heads + head) * positions + position] = value;
  }
  return { rows: layers * heads, columns: positions, values };
}

/** A head and what patching it changes. */
export interface HeadEffect {
  readonly head: HeadIndex;
  readonly label: string;
  readonly effect: number;
}

/** Heads by the effect of patching them at all positions, the largest first; of equals the first head. */
export function strongestHeads({ columns, values }: PatchEffects): HeadEffect[] {
  return Array.from(values, (effect, i) => {
    const head = { layer: Math.floor(i / columns), head: i % columns };
    return { head, label: headLabel(head), effect };
  }).sort((a, b) => b.effect - a.effect);
}
