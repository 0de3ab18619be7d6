/**
 * @file From a finished run to a bundled model: its files in half precision, its card with what was
 * measured on those very files, and the run without its checkpoints, for `lookback develop`.
 *
 * npx node scripts/bundle-model.ts runs/standard-2l
 */

import "../src/node/threads.ts"; // before the array library is loaded
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { developmentLog } from "../src/cli/development-log.ts";
import { readSafetensors, writeSafetensors } from "../src/loading/safetensors.ts";
import type { CorpusManifest } from "../src/node/corpus/manifest.ts";
import { checkpointFolder, listCheckpoints, RUN_FILES } from "../src/node/run/run-files.ts";
import { readLog } from "../src/node/run/run-log.ts";
import { sha256 } from "../src/node/sha256.ts";
import { parseRecipe, totalSteps } from "../src/training/recipe.ts";
import { measure } from "./model-card/measure.ts";
import { modelCard } from "./model-card/model-card.ts";

/** The corpus of which cards speak: its texts may be passed on, in a model too. */
const PERMISSIVE = "permissive";

const root = fileURLToPath(new URL("../", import.meta.url));

const [run, ...others] = process.argv.slice(2);
if (run === undefined || others.length > 0) {
  console.error(
    "give the folder of a finished run: npx node scripts/bundle-model.ts runs/standard-2l",
  );
  process.exit(2);
}

const text = (path: string) => readFileSync(path, "utf8");
const missing = [RUN_FILES.recipe, RUN_FILES.corpus].find((name) => !existsSync(join(run, name)));
if (missing !== undefined) {
  console.error(`${run} is no training run: there is no ${join(run, missing)}`);
  process.exit(2);
}
const recipe = parseRecipe(JSON.parse(text(join(run, "recipe.json"))));
const corpus: CorpusManifest = JSON.parse(text(join(run, "corpus.json")));
const steps = (await listCheckpoints(run)).at(-1);
if (steps !== totalSteps(recipe)) {
  console.error(
    `${run} stands at ${steps ?? 0} of ${totalSteps(recipe)} steps; go on with it first`,
  );
  process.exit(1);
}

if (!recipe.corpus.sources.every((source) => basename(source) === PERMISSIVE)) {
  console.error(
    `${run} was trained on ${recipe.corpus.sources.join(", ")}; the cards of bundled models speak of corpora/${PERMISSIVE} and its licences`,
  );
  process.exit(1);
}

const checkpoint = checkpointFolder(run, steps);
const bundled = join(root, "models", recipe.name);
const folder = `${bundled}.partial`; // measuring takes minutes, and the model of before stays until then
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const float32 = readSafetensors(readFileSync(join(checkpoint, "model.safetensors")));
const weights = writeSafetensors(float32, { format: "pt" }, "float16");
writeFileSync(join(folder, "model.safetensors"), weights);
for (const name of ["config.json", "tokenizer.json"]) {
  copyFileSync(join(checkpoint, name), join(folder, name));
}

const log = developmentLog(await readLog(run), run);
const hash = sha256(weights);
const card = modelCard({ recipe, corpus, log, hash, measured: await measure(folder) });
writeFileSync(join(folder, "README.md"), card);
rmSync(bundled, { recursive: true, force: true });
renameSync(folder, bundled);

const told = join(root, "recipes/runs", recipe.name);
mkdirSync(told, { recursive: true });
for (const name of [RUN_FILES.recipe, RUN_FILES.corpus, RUN_FILES.log]) {
  copyFileSync(join(run, name), join(told, name));
}
console.log(`wrote ${bundled} and ${told}`);
process.exit(0); // the threads would keep it alive
