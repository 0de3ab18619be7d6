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
import { otherVerdict } from "./verdict-folder.ts";

/** A part as it lies in the folder; numbers in full, for claims are judged by them again. */
interface StoredPart {
  /** Everything that the result depends on, as one text. */
  readonly of: string;
  readonly result: unknown;
}

function fileOf(part: VerdictPart): string {
  return `parts/${part}.json`;
}

/** What a part depends on, with its options under its own name; nothing of what is no such text. */
function dependsOn(part: VerdictPart, of: string): Record<string, unknown> {
  try {
    const { spec, ...others } = JSON.parse(of);
    return { ...others, [part]: spec };
  } catch {
    return {};
  }
}

async function storedPart(path: string): Promise<StoredPart | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, "utf8"));
    const isPart =
      typeof value === "object" &&
      value !== null &&
      "of" in value &&
      typeof value.of === "string" &&
      "result" in value;
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

/** What becomes of parts that are in the folder already. */
export interface PartsBefore {
  /** Whether they are measured again all the same. */
  readonly isFresh: boolean;
  /** Whether those of another verdict give way; otherwise they are an error. */
  readonly mayReplace: boolean;
}

/** Keeps the parts of a verdict in a folder; `finished` throws a UsageError where they are of another. */
export function partsIn(
  out: OutFolder,
  { hash, processing, device }: HookedTransformer,
  { version, isFresh, mayReplace }: PartsBefore & { readonly version: string },
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
      if (stored === undefined) return undefined;
      const of = identity(key);
      if (stored.of !== of) {
        if (mayReplace) return undefined;
        throw otherVerdict(out.path, dependsOn(part, stored.of), dependsOn(part, of));
      }
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
