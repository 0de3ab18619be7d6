/** @file A matrix of patches as it is drawn: what each patch changes, in rows and columns. */

import { type Estimate, intervalAt } from "../measures/statistics.ts";
import { type HeadIndex, headLabel } from "../model/heads.ts";
import type { SessionPatchMatrix } from "./patch-matrix.ts";

/**
 * What each patch changes, as a share of the way from corrupted to clean. By head the rows are layers and
 * the columns heads, [L, H]; by position the rows are heads, layer by layer, [L * H, P].
 */
export interface PatchEffects {
  readonly rows: number;
  readonly columns: number;
  /** Row by row, as all that follow. */
  readonly values: Float64Array;
  readonly se: Float64Array;
  /** Ends of the 95% intervals; of a single prompt there are none. */
  readonly low?: Float64Array;
  readonly high?: Float64Array;
  /** Prompts behind each. */
  readonly n: number;
}

/** The effects of a matrix of patches. */
export function patchEffects({
  by,
  shape,
  effect,
  effectSe,
  n,
}: Pick<SessionPatchMatrix, "by" | "shape" | "effect" | "effectSe" | "n">): PatchEffects {
  const [values, se] = [effect, effectSe].map((nested) => {
    const flat = Float64Array.from(([nested] as readonly unknown[]).flat(4) as number[]);
    return by === "head" ? flat : alongPrompts(flat, shape);
  }) as [Float64Array, Float64Array];
  const [layers = 0, second = 0, heads = 0] = shape;
  const [rows, columns] = by === "head" ? [layers, second] : [layers * heads, second];
  if (n < 2) return { rows, columns, values, se, n };
  const [, errors] = intervalAt({ mean: 0, se: 1, ci95: [0, 0], n }, 0.95); // to an end, the same for all
  const end = (side: 1 | -1) => values.map((mean, i) => mean + side * errors * (se[i] as number));
  return { rows, columns, values, se, low: end(-1), high: end(1), n };
}

/** They come as [L, P, H], and a reader follows a head along the prompt: [L * H, P]. */
function alongPrompts(values: Float64Array, shape: readonly number[]): Float64Array {
  const [, positions = 0, heads = 0] = shape;
  const turned = new Float64Array(values.length);
  for (const [i, value] of values.entries()) {
    const head = i % heads;
    const position = Math.floor(i / heads) % positions;
    const layer = Math.floor(i / (heads * positions));
    turned[(layer * heads + head) * positions + position] = value;
  }
  return turned;
}

/** The effect of a cell with its interval. */
export function effectAt(effects: PatchEffects, cell: number): Estimate {
  const { values, se, low = values, high = values, n } = effects;
  const at = (numbers: Float64Array) => numbers[cell] ?? Number.NaN;
  return { mean: at(values), se: at(se), ci95: [at(low), at(high)], n };
}

/** A head and what patching it changes. */
export interface HeadEffect {
  readonly head: HeadIndex;
  readonly label: string;
  readonly effect: Estimate;
}

/** Heads by the effect of patching them at all positions, the largest first; of equals the first head. */
export function strongestHeads(effects: PatchEffects): HeadEffect[] {
  const { columns, values } = effects;
  return Array.from(values, (_, i) => {
    const head = { layer: Math.floor(i / columns), head: i % columns };
    return { head, label: headLabel(head), effect: effectAt(effects, i) };
  }).sort((a, b) => b.effect.mean - a.effect.mean);
}
