/**
 * @file Measures the bundled models again, and writes the tables of models/README.md:
 *
 *     npx node scripts/model-tables.ts
 */

import "../src/node/threads.ts"; // before the array library is loaded
import { fileURLToPath } from "node:url";
import { HookedTransformer } from "../src/model/model.ts";
import { bundledFolder, bundledNames } from "../src/node/bundled.ts";
import { readModelFolder } from "../src/node/model-folder.ts";
import { markdownTable, writeMarked } from "./marked-page.ts";
import { LENGTHS, type LengthRow, measureLengths } from "./model-card/measure.ts";
import { withInterval } from "./model-card/numbers.ts";

const PAGE = fileURLToPath(new URL("../models/README.md", import.meta.url));

const measured: { readonly name: string; readonly rows: readonly LengthRow[] }[] = [];
for (const name of await bundledNames()) {
  using model = await HookedTransformer.create(await readModelFolder(await bundledFolder(name)));
  measured.push({ name, rows: await measureLengths(model) });
  console.log(name);
}

/** One number a length, a row for each model. */
const tableOf = (cell: (row: LengthRow) => string) =>
  markdownTable(
    ["model", ...LENGTHS.map(String)],
    measured.map(({ name, rows }) => [`\`${name}\``, ...rows.map(cell)]),
  );
await writeMarked(
  PAGE,
  "post's order",
  tableOf(({ logitDiff }) => withInterval(logitDiff)),
);
await writeMarked(
  PAGE,
  "both ways",
  tableOf(({ bothWays }) => withInterval(bothWays)),
);
process.exit(0); // the threads would keep it alive
