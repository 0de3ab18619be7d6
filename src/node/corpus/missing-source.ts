/** @file What to do where a source of a corpus is missing: ours are fetched, others are one's own. */

import { existsSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { shellWord } from "../../shell-word.ts";

/** The repository, or the package, which comes without the script that fetches. */
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * The message, with a command that works from where the user stands.
 *
 * @param root where `recipes/` lies.
 */
export function missingSourceText(source: string, root = ROOT): string {
  return `there is no file or folder ${source} to make a corpus of; ${remedy(source, root)}`;
}

function remedy(source: string, root: string): string {
  const ours = "recipes/corpora";
  const recipe = join(root, ours, `${basename(source)}.json`);
  if (basename(dirname(source)) !== "corpora" || !existsSync(recipe)) {
    return 'a recipe names its texts as "corpus.sources", relative to its file (see docs/training.md)';
  }
  const own = "or train on text of your own (see docs/training.md)";
  const script = join(root, "recipes", "fetch-corpus.ts");
  if (!existsSync(script)) {
    return `it is fetched from a checkout of the repository (see ${ours}/README.md); name it there as "corpus.sources" in a copy of the recipe, ${own}`;
  }
  const here = (path: string) => shellWord(relative("", path));
  // `npx node` finds the Node of the checkout only from within it.
  const isWithin = !relative(root, "").startsWith("..");
  return `fetch it with \`${isWithin ? "npx node" : "node"} ${here(script)} ${here(recipe)} --out ${here(source)}\` (see ${ours}/README.md), ${own}`;
}
