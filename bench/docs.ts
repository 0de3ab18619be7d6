/** @file The page that has what benches measured, docs/cost.md. */

import { fileURLToPath } from "node:url";

/** The path of a file in `docs/`. */
export function inDocs(name: string): string {
  return fileURLToPath(new URL(`../docs/${name}`, import.meta.url));
}

/** The page; its measured parts stand between markers. */
export const COST_PAGE = inDocs("cost.md");
