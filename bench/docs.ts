/** @file The measured parts of docs/cost.md, which scripts write between markers. */

import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const PAGE = fileURLToPath(new URL("../docs/cost.md", import.meta.url));

/** The path of a file beside the page. */
export function besidePage(name: string): string {
  return fileURLToPath(new URL(`../docs/${name}`, import.meta.url));
}

/** Rows under their heads, the first column to the left. */
export function markdownTable(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = heads.map((_, column) => (column === 0 ? "---" : "---:"));
  return [heads, rule, ...rows].map(line).join("\n");
}

/**
 * Puts text between `<!-- name -->` and `<!-- end of name -->`.
 *
 * @throws Error where the page has no such markers.
 */
export async function writeMarked(name: string, text: string): Promise<void> {
  const page = await readFile(PAGE, "utf8");
  const [opening, closing] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const start = page.indexOf(opening);
  const end = page.indexOf(closing);
  if (start === -1 || end < start) throw new Error(`${PAGE} has no part ${opening} … ${closing}`);
  const before = page.slice(0, start + opening.length);
  await writeFile(PAGE, `${before}\n${text.trim()}\n${page.slice(end)}`);
}
