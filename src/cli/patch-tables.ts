/** @file What a patch gave, as tables for the terminal. */

import type { Nested } from "../engine/ndarray.ts";
import type { Granularity } from "../interventions/components.ts";
import type { HeatTable } from "./heat-table.ts";
import { positionNames } from "./positions.ts";

function list(nested: Nested): readonly Nested[] {
  return Array.isArray(nested) ? nested : [nested];
}

function numbers(nested: Nested): number[] {
  return list(nested).map(Number);
}

/** The names of the axes of `values`, in their order. */
export function axesOf(by: Granularity): string[] {
  if (by === "head") return ["layer", "head"];
  return by === "position" ? ["layer", "position"] : ["layer", "position", "head"];
}

/** The patched values as tables: one for all layers, or one for each where heads have positions. */
export function heatTables(
  values: Nested,
  by: Granularity,
  labels: readonly string[],
): HeatTable[] {
  const layers = list(values);
  const positions = positionNames(labels);
  if (by === "head-position") {
    return layers.map((layer, l) => {
      const byPosition = list(layer).map(numbers);
      const heads = byPosition[0]?.map((_, h) => h) ?? [];
      return {
        rows: heads.map((h) => `L${l}H${h}`),
        columns: positions,
        values: heads.map((h) => byPosition.map((row) => row[h] ?? 0)),
      };
    });
  }
  const rows = layers.map((_, l) => `L${l}`);
  const heads = list(layers[0] ?? []).map((_, h) => `H${h}`);
  return [{ rows, columns: by === "head" ? heads : positions, values: layers.map(numbers) }];
}
