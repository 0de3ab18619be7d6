/** @file The first pass over a corpus: from the files to the spool, judged and deduplicated. */

import { hash } from "node:crypto";
import { join } from "node:path";
import { RepeatedBlocks, SeenDocuments } from "../../corpus/deduplicate.ts";
import type { SkipReason } from "../../corpus/documents.ts";
import { type PlacedDocument, placeOf } from "../../corpus/split.ts";
import { LookbackError } from "../../errors.ts";
import { type CorpusWatch, turns } from "./corpus-progress.ts";
import { SpoolWriter } from "./document-spool.ts";
import { listSources } from "./list-sources.ts";
import type { CorpusRequest } from "./manifest.ts";
import { readSources } from "./read-sources.ts";
import { skippedText } from "./skipped-text.ts";

/** To open a file takes as long as the work on so many characters. */
const A_FILE = 1 << 10;

/** What came through, and what did not. */
export interface Gathered {
  readonly spool: string;
  /** One a document; sizes in bytes. */
  readonly placed: readonly PlacedDocument[];
  readonly files: number;
  readonly bytes: number;
  readonly skipped: Partial<Record<SkipReason, number>>;
  readonly repeatedBlocks: { readonly blocks: number; readonly characters: number };
}

/**
 * Gathers the documents of a request in a spool in the folder.
 *
 * @throws LookbackError `bad-spec` when no document comes through.
 */
export async function gatherDocuments(
  folder: string,
  request: CorpusRequest,
  { onProgress, signal }: CorpusWatch,
): Promise<Gathered> {
  const skipped: Partial<Record<SkipReason, number>> = {};
  const skip = (reason: SkipReason) => {
    skipped[reason] = (skipped[reason] ?? 0) + 1;
  };
  const files = await listSources(request.sources, {
    extensions: request.extensions,
    onUnreadable: () => skip("unreadable"),
    onLink: () => skip("link"),
  });
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const spool = join(folder, "documents");
  const writer = new SpoolWriter(spool);
  const seen = new SeenDocuments();
  const blocks = new RepeatedBlocks();
  const placed: PlacedDocument[] = [];
  const turn = turns(signal);
  let [done, bytes, characters] = [0, 0, 0];
  try {
    const take = (text: string) => {
      const digest = hash("sha256", text, "buffer");
      if (!seen.add(digest)) return skip("duplicate");
      const rest = blocks.strip(text);
      characters += text.length - rest.length;
      if (rest === "") return skip("all-repeated");
      const place = placeOf(digest);
      const size = writer.add({ text: rest, place });
      placed.push({ place, size });
      bytes += size;
    };
    for (const file of files) {
      const found = readSources([file], { mostBytes: request.mostBytes, onSkip: skip });
      for await (const { text } of found) {
        await turn(text.length);
        take(text);
      }
      done += file.size;
      onProgress?.({ stage: "read", done, total });
      await turn(A_FILE + file.size); // also where no document came of it
    }
  } finally {
    writer.close();
  }
  const repeatedBlocks = { blocks: blocks.dropped, characters };
  if (placed.length === 0) {
    const reasons = skippedText(skipped);
    throw new LookbackError(
      "bad-spec",
      `corpus: nothing in ${files.length} files is text to train on${reasons === "" ? "" : ` (skipped: ${reasons})`}; looked for ${request.extensions.join(", ")} in ${request.sources.join(", ")}`,
      { skipped },
    );
  }
  return { spool, placed, files: files.length, bytes, skipped, repeatedBlocks };
}
