/**
 * @file The journal of a sweep: a first line that says what sweep it is, then every finished cell on
 * a line of its own. Each line is on the disk before the next cell starts, so whatever ends the
 * process costs at most the cell that was running.
 */

import { readFileSync } from "node:fs";
import { z } from "zod";
import { LookbackError } from "../errors.ts";
import type { SweepIdentity } from "../sweeps/identity.ts";
import type { FinishedCell } from "../sweeps/result.ts";
import { type Shard, WHOLE } from "../sweeps/shard.ts";
import { cellAt, cellCount, parseSweepSpec } from "../sweeps/sweep-spec.ts";
import { systemReason } from "./out-file.ts";
import { UsageError } from "./usage-error.ts";

const FORMAT = "lookback sweep cells";
const FORMAT_VERSION = 1;

/** What the first line says. */
export interface JournalHeader {
  readonly identity: SweepIdentity;
  readonly shard: Shard;
  /** The Lookback that measured. */
  readonly version: string;
}

/** A journal as it was found. */
export interface Journal extends JournalHeader {
  readonly path: string;
  readonly cells: ReadonlyMap<number, FinishedCell>;
  /** Length of what was understood, in bytes; a last line that is not whole lies behind it. */
  readonly bytes: number;
}

const count = z.int().min(1);
const estimate = z.strictObject({
  mean: z.number(),
  se: z.number(),
  ci95: z.tuple([z.number(), z.number()]).readonly(),
  n: count,
});

const headerLine = z.strictObject({
  format: z.literal(FORMAT),
  formatVersion: z.literal(FORMAT_VERSION),
  lookback: z.string(),
  spec: z.unknown(),
  model: z.strictObject({
    name: z.string(),
    hash: z.string(),
    processing: z.enum(["none", "default"]),
  }),
  device: z.enum(["wasm", "webgpu"]),
  bos: z.int(),
  shard: z.strictObject({ index: count, count }),
});

const cellLine = z.strictObject({
  cell: z.int().min(0),
  parameters: z.unknown(),
  pB: estimate,
  pD: estimate,
  logitDiff: estimate,
});

/** The name of a journal, or of another file of a part: `cells.jsonl`, `cells.3-of-8.jsonl`. */
export function partFileName(stem: string, extension: string, { index, count }: Shard): string {
  return count === 1 ? `${stem}.${extension}` : `${stem}.${index}-of-${count}.${extension}`;
}

/** Whether a file is a journal, by its name. */
export function isJournalName(name: string): boolean {
  return /^cells(\.\d+-of-\d+)?\.jsonl$/.test(name);
}

/** The first line of a journal. */
export function headerText({ identity, shard, version }: JournalHeader): string {
  const { spec, model, device, bos } = identity;
  const header: z.infer<typeof headerLine> = {
    format: FORMAT,
    formatVersion: FORMAT_VERSION,
    lookback: version,
    spec,
    model,
    device,
    bos,
    shard,
  };
  return `${JSON.stringify(header)}\n`;
}

/** The line of a cell; numbers are in full, so that they come back as they were. */
export function cellText({ cell, parameters, pB, pD, logitDiff }: FinishedCell): string {
  return `${JSON.stringify({ cell, parameters, pB, pD, logitDiff })}\n`;
}

function parsedHeader(line: string, path: string): JournalHeader {
  const found = headerLine.safeParse(jsonOf(line));
  if (!found.success) {
    throw new LookbackError("bad-file", `${path}: its first line is not that of a sweep's cells`);
  }
  const { spec, model, device, bos, shard, lookback } = found.data;
  return {
    identity: { spec: parseSweepSpec(spec), model, device, bos },
    shard,
    version: lookback,
  };
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** The cell of a line, or null where the line is none of this sweep. */
function parsedCell(line: string, { identity: { spec } }: JournalHeader): FinishedCell | null {
  const found = cellLine.safeParse(jsonOf(line));
  if (!found.success) return null;
  const { cell, ...measured } = found.data;
  if (cell >= cellCount(spec)) return null;
  const parameters = cellAt(spec, cell);
  if (JSON.stringify(measured.parameters) !== JSON.stringify(parameters)) return null;
  return { ...measured, cell, parameters };
}

/**
 * Reads a journal; undefined where there is none. A last line that was not written to its end is left
 * out.
 *
 * @throws LookbackError `bad-file` naming the line that is not of a sweep; UsageError when the file
 *   cannot be read.
 */
export function readJournal(path: string): Journal | undefined {
  let file: Buffer;
  try {
    file = readFileSync(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new UsageError(`${path}: ${systemReason(error)}`, { cause: error });
  }
  const lines = file.toString("utf8").split("\n");
  lines.pop(); // behind the last line break: nothing, or a line that was not written to its end
  const header = parsedHeader(lines[0] ?? "", path);
  const cells = new Map<number, FinishedCell>();
  let bytes = Buffer.byteLength(`${lines[0]}\n`);
  for (const [i, line] of lines.entries()) {
    if (i === 0) continue;
    const cell = parsedCell(line, header);
    if (cell === null) {
      if (i === lines.length - 1) break; // a disk that filled up, or lost its power, in mid-line
      throw new LookbackError("bad-file", `${path}: line ${i + 1} is no cell of this sweep`);
    }
    cells.set(cell.cell, cell);
    bytes += Buffer.byteLength(`${line}\n`);
  }
  return { ...header, path, cells, bytes };
}

/** A journal of a whole sweep, as text. */
export function journalText(
  header: Omit<JournalHeader, "shard">,
  cells: readonly FinishedCell[],
): string {
  return [headerText({ ...header, shard: WHOLE }), ...cells.map(cellText)].join("");
}
