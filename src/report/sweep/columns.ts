/** @file The columns of a sweep's long form, for every kind of file that has columns. */

import type { SweepRow } from "../../sweeps/long-form.ts";
import { PARAMETERS, type ParameterName, valueText } from "../../sweeps/parameters.ts";

/** What a column holds: whole numbers up to 2^31 or 2^53, fractions, words, yes or no. */
export type ColumnKind = "int32" | "int64" | "double" | "text" | "boolean";

/** A column of the long form. */
export interface SweepColumn {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly value: (row: SweepRow) => number | string | boolean;
}

const KINDS: Readonly<Record<ParameterName, ColumnKind>> = {
  length: "int32",
  gap: "int32",
  distance: "int32",
  filler: "text",
  order: "text",
  copies: "int32",
  distractors: "int32",
  vocabulary: "text",
  offset: "int32",
  seed: "int64",
  batch: "int32",
  distinct: "boolean",
};

function parameterColumn(name: ParameterName): SweepColumn {
  if (name === "vocabulary") {
    return { name, kind: "text", value: (row) => valueText(row, name) };
  }
  return { name, kind: KINDS[name], value: (row) => row[name] };
}

/** All parameters, then the quantity with its mean and interval. */
export const COLUMNS: readonly SweepColumn[] = [
  ...PARAMETERS.map(parameterColumn),
  { name: "quantity", kind: "text", value: ({ quantity }) => quantity },
  { name: "mean", kind: "double", value: ({ mean }) => mean },
  { name: "se", kind: "double", value: ({ se }) => se },
  { name: "ci95_low", kind: "double", value: ({ ci95 }) => ci95[0] },
  { name: "ci95_high", kind: "double", value: ({ ci95 }) => ci95[1] },
  { name: "n", kind: "int32", value: ({ n }) => n },
];
