/** @file A zip that was dropped: its files as if the folder that it holds had been dropped itself. */

import { GrowthBudget } from "../../../src/loading/growth-budget.ts";
import { openZip } from "../../../src/loading/zip-archive.ts";
import { type Dropped, type PathedFile, sortedIntoFolders } from "./dropped-files.ts";

const ENDING = /\.zip$/i;

/** What systems put beside what was packed. */
const LEFT_OUT = /^(__MACOSX$|\.)/;

/** The archive that was dropped, where nothing else was; a torch checkpoint is none, whatever it is made of. */
export function droppedArchive({ files, folder }: Dropped): File | undefined {
  const [file, ...others] = files;
  const isAlone = folder === null && others.length === 0;
  return isAlone && file !== undefined && ENDING.test(file.name) ? file : undefined;
}

/**
 * Unpacks an archive. A single folder that holds all of it is what was packed; else the archive itself
 * stands for the folder.
 *
 * @throws LookbackError `bad-file`, `unsafe-file` or `unsupported` for an archive that cannot be trusted.
 */
export async function unpacked(archive: File): Promise<Dropped> {
  const bytes = new Uint8Array(await archive.arrayBuffer());
  const entries = openZip(bytes, archive.name, new GrowthBudget(archive.name, bytes.length));
  const files: PathedFile[] = [];
  for (const [path, entry] of entries) {
    const folders = path.split("/");
    if (folders.some((part) => LEFT_OUT.test(part))) continue;
    const name = folders.pop() ?? "";
    files.push({ folders, file: new File([entry.read() as Uint8Array<ArrayBuffer>], name) });
  }
  const [top] = files[0]?.folders ?? [];
  const isPacked = top !== undefined && files.every(({ folders }) => folders[0] === top);
  const inside = isPacked
    ? files.map(({ folders, file }) => ({ folders: folders.slice(1), file }))
    : files;
  return sortedIntoFolders(isPacked ? top : archive.name.replace(ENDING, ""), inside);
}
