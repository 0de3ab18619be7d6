/** @file What a reader gave the page: a state that was saved, a run, or a model; loose, in a folder, or as a zip. */

import { droppedRun } from "../runs/dropped-run.ts";
import type { Run } from "../runs/run.ts";
import { droppedArchive, unpacked } from "./dropped-archive.ts";
import type { Dropped } from "./dropped-files.ts";
import { stateOfJson } from "./link.ts";
import type { State } from "./state.ts";

/** One of these, or none where nothing was given. */
export interface Opened {
  readonly state?: State;
  readonly run?: Run;
  /** Files that may be a model. */
  readonly model?: Dropped;
}

/** Names of JSON that is no state but belongs to a model. */
const OF_MODELS = ["config.json", "tokenizer.json"];

/** The file that a state was saved in, where it is all that was dropped. */
function savedState({ files, folder }: Dropped): File | undefined {
  const [file, ...others] = files;
  if (file === undefined || others.length > 0 || folder !== null) return undefined;
  return /\.json$/i.test(file.name) && !OF_MODELS.includes(file.name) ? file : undefined;
}

/**
 * Looks into what was given.
 *
 * @throws LookbackError `bad-spec` for JSON that is no state; as `unpacked` for a zip.
 */
export async function opened(given: Dropped): Promise<Opened> {
  const saved = savedState(given);
  if (saved !== undefined) return { state: stateOfJson(await saved.text(), saved.name) };
  const archive = droppedArchive(given);
  const dropped = archive === undefined ? given : await unpacked(archive);
  const run = await droppedRun(dropped);
  if (run !== undefined) return { run };
  const isSomething = dropped.files.length > 0 || dropped.folder !== null;
  return isSomething ? { model: dropped } : {};
}
