/** @file A sweep's long form as CSV and as Parquet, the same numbers in both. */

import { type BasicType, parquetWriteBuffer } from "hyparquet-writer";
import { sixDigits } from "../../six-digits.ts";
import type { LongForm, SweepRow } from "../../sweeps/long-form.ts";
import { csvText } from "../csv/csv.ts";
import { COLUMNS, type ColumnKind } from "./columns.ts";

/** The long form as CSV (RFC 4180); fractions have six significant digits. */
export function sweepCsv({ rows }: LongForm): string {
  return csvText({
    columns: COLUMNS.map(({ name }) => name),
    rows: rows.map((row) =>
      COLUMNS.map(({ value }) => {
        const cell = value(row);
        return typeof cell === "boolean" ? String(cell) : cell;
      }),
    ),
  });
}

const PARQUET_TYPES: Readonly<Record<ColumnKind, BasicType>> = {
  int32: "INT32",
  int64: "INT64",
  double: "DOUBLE",
  text: "STRING",
  boolean: "BOOLEAN",
};

function parquetValue(kind: ColumnKind, value: number | string | boolean) {
  if (typeof value !== "number") return value;
  return kind === "int64" ? BigInt(value) : sixDigits(value);
}

/**
 * The long form as Parquet, every column of its type and without nulls. The spec, the model and its
 * hash are in the file's metadata.
 */
export function sweepParquet({ rows, spec, model, device, bos }: LongForm): Uint8Array {
  const columnData = COLUMNS.map(({ name, kind, value }) => ({
    name,
    type: PARQUET_TYPES[kind],
    nullable: false,
    data: rows.map((row: SweepRow) => parquetValue(kind, value(row))),
  }));
  const metadata = { spec, model, device, bos };
  const buffer = parquetWriteBuffer({
    columnData,
    createdBy: "lookback",
    kvMetadata: [{ key: "lookback", value: JSON.stringify(metadata) }],
  });
  return new Uint8Array(buffer);
}
