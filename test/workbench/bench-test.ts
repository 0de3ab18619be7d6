/**
 * @file `test` for files about the built page: what a test names of this is opened once for its file, and
 * closed behind the last of its tests.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as plain } from "vitest";
import { DEFAULT_MODEL } from "../default-model.ts";
import { openWorkbench } from "./bench-page.ts";
import { openInNode } from "./in-node.ts";

const OF_FILE = { scope: "file" } as const;

export const test = plain
  /** Flags of Chromium, beside those it always has. A file changes them by `test.override`. */
  .extend("flags", OF_FILE, (): readonly string[] => [])
  /** The page on a server, and a browser. */
  .extend("bench", OF_FILE, async ({ flags }, { onCleanup }) => {
    const bench = await openWorkbench(...flags);
    onCleanup(() => bench.close());
    return bench;
  })
  .extend("model", OF_FILE, DEFAULT_MODEL)
  /** The model that the page opens with, in Node. */
  .extend("node", OF_FILE, async ({ model }, { onCleanup }) => {
    const node = await openInNode(model);
    onCleanup(() => node[Symbol.dispose]());
    return node;
  })
  .extend("temporary", OF_FILE, () => tmpdir())
  /** An empty folder, for files to drop and models to open. */
  .extend("folder", OF_FILE, async ({ temporary }, { onCleanup }) => {
    const folder = await mkdtemp(join(temporary, "lookback-workbench-"));
    onCleanup(() => rm(folder, { recursive: true }));
    return folder;
  });
