/**
 * @file Writes the README's table of claims from verdicts on several models:
 *
 *     npx lookback verdict --model standard-2l standard-2l-seed2 --out verdicts
 *     npx node scripts/claims-table.ts verdicts/standard-2l verdicts/standard-2l-seed2
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Verdict } from "../src/hypothesis/claim.ts";
import type { VerdictResult } from "../src/hypothesis/verdict.ts";
import { markdownTable, writeMarked } from "./marked-page.ts";

const README = fileURLToPath(new URL("../README.md", import.meta.url));
const SIGNS: Record<Verdict, string> = { held: "✓", "did not hold": "✗", "cannot tell": "?" };

const folders = process.argv.slice(2);
if (folders.length === 0) {
  console.error("give the folders of verdicts: npx node scripts/claims-table.ts verdicts/*/");
  process.exit(2);
}
const results = await Promise.all(
  folders.map(
    async (folder): Promise<VerdictResult> =>
      JSON.parse(await readFile(join(folder, "result.json"), "utf8")),
  ),
);

const verdictsOn = (id: string): Verdict[] =>
  results.map(({ model, claims }) => {
    const found = claims.find((claim) => claim.id === id);
    if (found === undefined) throw new Error(`${model.name} was not judged on ${id}`);
    return found.verdict;
  });
const rows = (results[0]?.claims ?? [])
  .map(({ id, statement }) => ({ statement, verdicts: verdictsOn(id) }))
  // What no model can tell, the text around the table says.
  .filter(({ verdicts }) => verdicts.some((verdict) => verdict !== "cannot tell"));
const table = markdownTable(
  ["claim of the post", ...results.map(({ model }) => `\`${model.name}\``)],
  rows.map(({ statement, verdicts }) => [
    statement.replace(/\.$/, ""),
    ...verdicts.map((verdict) => SIGNS[verdict]),
  ]),
  "centre",
);
await writeMarked(README, "claims", table);
