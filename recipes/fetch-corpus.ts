/**
 * @file Fetches a corpus: `node recipes/fetch-corpus.ts recipes/corpora/permissive.json --out FOLDER`.
 * Packages that lie in the folder already are left alone, so a run that was stopped, or that met a
 * registry which did not answer, is simply started again.
 */

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { UsageError } from "../src/cli/usage-error.ts";
import { LookbackError } from "../src/errors.ts";
import {
  addPackage,
  checkCorpusFolder,
  doneBefore,
  isFetched,
  proseBytes,
  removeOthers,
  writeSources,
} from "./corpora/fetch/corpus-folder.ts";
import type { Taken } from "./corpora/fetch/package-texts.ts";
import {
  type CorpusPackage,
  type CorpusRecipe,
  readCorpusRecipe,
  titleOf,
} from "./corpora/fetch/recipe.ts";

const OPTIONS = {
  out: { type: "string" },
  strict: { type: "boolean", default: false },
  "dry-run": { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

const HELP = `Fetches the packages that a corpus is made of with the registries' own clients (npm, pip, apt-get),
checks their hashes, and lays their texts and licences in a folder.

  npx node recipes/fetch-corpus.ts RECIPE.json --out FOLDER [options]

  --out FOLDER  where the corpus goes: a new folder, or one that was fetched into before; what lies there
                already is not fetched again
  --strict      fail where a Debian package cannot be had, instead of doing without it
  --dry-run     say what is there and what would be fetched, and do nothing
  --help        this text

Debian packages come from the release that the machine runs; run apt-get update first.
`;

interface Arguments {
  readonly recipe: string;
  readonly out: string;
  readonly strict: boolean;
  readonly dryRun: boolean;
}

/** What was asked for; undefined where it was help. */
function readArguments(args: readonly string[]): Arguments | undefined {
  const parse = () => {
    try {
      return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    } catch (error) {
      throw new UsageError(error instanceof Error ? error.message : String(error));
    }
  };
  const { values, positionals } = parse();
  if (values.help) return undefined;
  const [recipe, ...more] = positionals;
  if (recipe === undefined || more.length > 0) {
    throw new UsageError(`fetch-corpus takes one recipe, not ${positionals.length}; see --help`);
  }
  if (values.out === undefined) throw new UsageError("fetch-corpus needs --out FOLDER");
  return { recipe, out: values.out, strict: values.strict, dryRun: values["dry-run"] };
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

function describe(taken: Taken): string {
  const leftOut = Object.entries(taken.leftOut).map(([reason, count]) => `${count} ${reason}`);
  const without = leftOut.length === 0 ? "" : `; left out: ${leftOut.join(", ")}`;
  return `${taken.files} files, ${megabytes(taken.bytes)}${without}`;
}

/** Whether the corpus can do without a package that could not be had. */
function isDispensable({ registry }: CorpusPackage, error: LookbackError): boolean {
  return registry === "debian" && (error.code === "unsupported" || error.code === "offline");
}

async function dryRun(recipe: CorpusRecipe, out: string): Promise<void> {
  for (const one of recipe.packages) {
    const taken = await doneBefore(recipe, one, out);
    console.log(
      `${titleOf(one)}: ${taken === undefined ? "to fetch" : `there, ${describe(taken)}`}`,
    );
  }
}

/** Brings the folder to what the recipe says; the number of packages that failed. */
async function fetchAll(
  recipe: CorpusRecipe,
  { out, strict }: Arguments,
  signal: AbortSignal,
): Promise<number> {
  const taken = new Map<CorpusPackage, Taken>();
  let failed = 0;
  for (const folder of await removeOthers(recipe, out)) {
    console.log(`${folder}: removed, the recipe no longer has it`);
  }
  for (const [i, one] of recipe.packages.entries()) {
    const title = `[${i + 1}/${recipe.packages.length}] ${titleOf(one)}`;
    const before = await doneBefore(recipe, one, out);
    try {
      const now = before ?? (await addPackage(recipe, one, out, signal));
      taken.set(one, now);
      console.log(`${title}: ${describe(now)}${before === undefined ? "" : " (there already)"}`);
    } catch (error) {
      if (!(error instanceof LookbackError)) throw error;
      const dispensable = !strict && isDispensable(one, error);
      if (!dispensable) failed++;
      const left = isFetched(one, out) ? `; what is in ${out} of an earlier recipe stays` : "";
      console.error(`${dispensable ? "SKIPPED" : "FAILED"} ${error.message}${left}`);
    }
  }
  if (taken.size === 0) {
    // What it named is gone, unless it is of an earlier recipe and stays with its texts.
    const isLeft = recipe.packages.some((one) => isFetched(one, out));
    if (!isLeft) await rm(join(out, "SOURCES.md"), { force: true });
    return failed;
  }
  await writeSources(recipe, taken, out);
  const all = [...taken.values()];
  const bytes = all.reduce((sum, one) => sum + one.bytes, 0);
  const prose = all.reduce((sum, one) => sum + proseBytes(one), 0);
  console.log(
    `${taken.size} of ${recipe.packages.length} packages, ${megabytes(bytes)}, ${megabytes(prose)} of them prose; see ${out}/SOURCES.md`,
  );
  return failed;
}

async function main(): Promise<number> {
  const asked = readArguments(process.argv.slice(2));
  if (asked === undefined) {
    console.log(HELP);
    return 0;
  }
  const recipe = await readCorpusRecipe(asked.recipe);
  await checkCorpusFolder(asked.out);
  if (asked.dryRun) {
    await dryRun(recipe, asked.out);
    return 0;
  }
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  process.once("SIGTERM", () => stop.abort());
  return (await fetchAll(recipe, asked, stop.signal)) === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Error)) throw error;
  const stopped = error.name === "AbortError";
  const usage = error instanceof UsageError || error instanceof LookbackError;
  // What the system says (a full disk, a folder that may not be written) needs no stack either.
  if (!stopped && !usage && !("code" in error)) throw error;
  console.error(stopped ? "stopped; start it again to go on" : error.message);
  process.exitCode = stopped ? 130 : usage ? 2 : 1;
}
