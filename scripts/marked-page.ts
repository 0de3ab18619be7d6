/** @file The measured parts of pages, which scripts write between markers. */

import { readFile, writeFile } from "node:fs/promises";

/** What stands under the head of a column. */
const RULES = { left: "---", centre: ":---:", right: "---:" } as const;

/** Rows under their heads, the first column to the left and the others as `align` says. */
export function markdownTable(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  align: keyof typeof RULES = "right",
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = heads.map((_, column) => (column === 0 ? RULES.left : RULES[align]));
  return [heads, rule, ...rows].map(line).join("\n");
}

/**
 * Puts text between `<!-- name -->` and `<!-- end of name -->` of a page.
 *
 * @throws Error where the page has no such markers.
 */
export async function writeMarked(path: string, name: string, text: string): Promise<void> {
  const page = await readFile(path, "utf8");
  const [opening, closing] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const start = page.indexOf(opening);
  const end = page.indexOf(closing);
  if (start === -1 || end < start) throw new Error(`${path} has no part ${opening} … ${closing}`);
  const before = page.slice(0, start + opening.length);
  await writeFile(path, `${before}\n\n${text.trim()}\n\n${page.slice(end)}`);
}
