/**
 * @file The folder of a sweep: the journal that an interrupted run goes on from, and the result files
 * that appear together when all cells are there.
 */

import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { sweepFiles } from "../report/sweep/files.ts";
import { differences } from "../sweeps/identity.ts";
import { longForm } from "../sweeps/long-form.ts";
import type { FinishedCell, SweepResult } from "../sweeps/result.ts";
import { type Shard, shardText, WHOLE } from "../sweeps/shard.ts";
import { stableJson } from "./json.ts";
import { type Content, type OutFolder, systemReason, WriteError } from "./out-file.ts";
import {
  cellText,
  headerText,
  isJournalName,
  type Journal,
  type JournalHeader,
  partFileName,
  readJournal,
} from "./sweep-journal.ts";
import { UsageError } from "./usage-error.ts";

/** A journal that takes more cells. */
export interface OpenJournal {
  readonly path: string;
  /** Cells that an earlier run has measured. */
  readonly finished: ReadonlyMap<number, FinishedCell>;
  /** Puts a cell on the disk. */
  readonly append: (cell: FinishedCell) => void;
  readonly close: () => void;
}

function checkSameSweep(found: Journal, asked: JournalHeader): void {
  const told = differences(found.identity, asked.identity).map(
    ({ what, values: [there, here] }) => `${what} is ${there} there and ${here} here`,
  );
  if (found.version !== asked.version) {
    told.push(`it was begun with Lookback ${found.version} and this is ${asked.version}`);
  }
  if (shardText(found.shard) !== shardText(asked.shard)) {
    told.push(`it is of shard ${shardText(found.shard)} and this is ${shardText(asked.shard)}`);
  }
  if (told.length === 0) return;
  throw new UsageError(
    `${found.path} is of another sweep: ${told.join("; ")}. Name another folder with --out, or remove this one`,
  );
}

/**
 * Opens the journal of a sweep in its folder, which may have been begun by an earlier run.
 *
 * @throws UsageError when it is of another sweep, saying what differs; LookbackError `bad-file` when it
 *   cannot be understood; WriteError when it cannot be written.
 */
export async function openJournal(out: OutFolder, header: JournalHeader): Promise<OpenJournal> {
  const name = partFileName("cells", "jsonl", header.shard);
  const path = join(out.path, name);
  const found = readJournal(path);
  if (found === undefined) await out.write(new Map([[name, headerText(header)]]));
  else checkSameSweep(found, header);
  const failed = (error: unknown) =>
    new WriteError(`could not write ${path}: ${systemReason(error)}`, { cause: error });
  let file: number;
  try {
    file = openSync(path, "a");
    if (found !== undefined) ftruncateSync(file, found.bytes);
  } catch (error) {
    throw failed(error);
  }
  return {
    path,
    finished: found?.cells ?? new Map(),
    append(cell) {
      try {
        writeSync(file, cellText(cell));
        fsyncSync(file);
      } catch (error) {
        throw failed(error);
      }
    },
    close: () => closeSync(file),
  };
}

/** The names of a sweep's result files. */
function resultNames(shard: Shard) {
  return {
    json: partFileName("result", "json", shard),
    csv: partFileName("result", "csv", shard),
    parquet: partFileName("result", "parquet", shard),
    html: partFileName("sweep", "html", shard),
  };
}

/** Writes the result files of a sweep, and others with them; all appear together, or none. */
export async function writeResult(
  out: OutFolder,
  result: SweepResult,
  { version, others = [] }: { version: string; others?: readonly [name: string, text: string][] },
): Promise<string[]> {
  const names = resultNames(result.shard ?? WHOLE);
  const { html, csv, parquet } = await sweepFiles(result, { version });
  const files = new Map<string, Content>([
    ...others,
    [names.json, stableJson(longForm(result))],
    [names.csv, csv],
    [names.parquet, [parquet]],
    [names.html, html],
  ]);
  await out.write(files);
  return Object.values(names);
}

/**
 * The journals in folders, in the order of their names.
 *
 * @throws UsageError for a folder that is not there or has none.
 */
export function journalsIn(folders: readonly string[]): Journal[] {
  return folders.flatMap((folder) => {
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
      throw new UsageError(`--merge ${folder}: there is no such folder`);
    }
    const journals = readdirSync(folder)
      .filter(isJournalName)
      .sort()
      .flatMap((name) => readJournal(join(folder, name)) ?? []);
    if (journals.length === 0) {
      throw new UsageError(
        `--merge ${folder}: it holds no cells.jsonl and no cells.<i>-of-<n>.jsonl of a sweep`,
      );
    }
    return journals;
  });
}
