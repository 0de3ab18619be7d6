/**
 * @file The parts of a verdict in its folder: each is written as soon as it is measured and is taken up
 * again by a later run that would measure the same, so that stopping loses no more than a part.
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { PartKey, VerdictOptions } from "../hypothesis/verdict.ts";
import type { VerdictPart } from "../hypothesis/verdict-parts.ts";
import type { HookedTransformer } from "../model/model.ts";
import type { OutFolder } from "./out-file.ts";

/** A part as it lies in the folder; numbers in full, for claims are judged by them again. */
interface StoredPart {
  /** Everything that the result depends on, as one text. */
  readonly of: string;
  readonly result: unknown;
}

function fileOf(part: VerdictPart): string {
  return `parts/${part}.json`;
}

async function storedPart(path: string): Promise<StoredPart | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, "utf8"));
    const isPart =
      typeof value === "object" && value !== null && "of" in value && "result" in value;
    return isPart ? (value as StoredPart) : undefined;
  } catch {
    return undefined; // Not there, or not whole: it is measured again.
  }
}

/** What `verdict` asks for to keep its parts, and how many there are. */
export interface KeptParts extends Required<Pick<VerdictOptions, "finished" | "onPart">> {
  /** Parts that were there from an earlier run. */
  readonly taken: () => number;
  /** Parts that are there now, of this run or an earlier one. */
  readonly kept: () => number;
}

/**
 * Keeps the parts of a verdict in a folder.
 *
 * @param isFresh whether parts that are there already are measured again all the same.
 */
export function partsIn(
  out: OutFolder,
  { hash, processing, device }: HookedTransformer,
  { version, isFresh }: { readonly version: string; readonly isFresh: boolean },
): KeptParts {
  let taken = 0;
  let written = 0;
  const identity = (key: PartKey) => JSON.stringify({ version, hash, processing, device, ...key });
  return {
    taken: () => taken,
    kept: () => taken + written,
    finished: async (part, key) => {
      if (isFresh) return undefined;
      const stored = await storedPart(join(out.path, fileOf(part)));
      if (stored?.of !== identity(key)) return undefined;
      taken++;
      return stored.result;
    },
    onPart: async (part, key, result) => {
      const stored: StoredPart = { of: identity(key), result };
      await out.write(new Map([[fileOf(part), `${JSON.stringify(stored)}\n`]]));
      written++;
    },
  };
}
