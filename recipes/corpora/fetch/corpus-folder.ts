/**
 * @file The folder that a corpus is fetched into. A package's texts are there as a whole or not at all,
 * and a record says which recipe they come from, so that a run that was stopped goes on where it was.
 *
 * ```
 * numpy/…            texts
 * licences/numpy     what the package says of its licence
 * SOURCES.md         what is there, and of what licence
 * .records/numpy     written last: the package is done
 * .fetching/…        archives and half-written folders, gone when all is done
 * ```
 */

import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LookbackError } from "../../../src/errors.ts";
import { hasSystemCode } from "../../../src/node/system-error.ts";
import { fetchArchive, unpack } from "./clients.ts";
import { licenceText, type Taken, writeTexts } from "./package-texts.ts";
import { type CorpusPackage, type CorpusRecipe, fingerprintOf, folderOf } from "./recipe.ts";

interface PackageRecord extends Taken {
  readonly fingerprint: string;
}

const RECORDS = ".records";
const FETCHING = ".fetching";
const LICENCES = "licences";

/**
 * Checks that a folder is one of a corpus, or free to become one: packages are laid in it and taken out of
 * it by their names, so a folder of somebody's own work could lose what is called alike.
 *
 * @throws LookbackError `bad-spec` for one that has other files, `bad-file` for one that cannot be read.
 */
export async function checkCorpusFolder(out: string): Promise<void> {
  let names: string[];
  try {
    names = await readdir(out);
  } catch (cause) {
    if (hasSystemCode(cause, "ENOENT")) return;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LookbackError("bad-file", `cannot read ${out}: ${reason}`, { out }, { cause });
  }
  if (names.length === 0 || names.includes(RECORDS) || names.includes(FETCHING)) return;
  throw new LookbackError(
    "bad-spec",
    `${out} holds files, and no corpus that was fetched; name a folder that is new`,
    { out },
  );
}

/** What was taken from a package, where it lies in the folder as the recipe wants it. */
export async function doneBefore(
  recipe: CorpusRecipe,
  one: CorpusPackage,
  out: string,
): Promise<Taken | undefined> {
  if (!isFetched(one, out)) return undefined;
  const text = await readFile(join(out, RECORDS, folderOf(one)), "utf8");
  const record = JSON.parse(text) as PackageRecord;
  return record.fingerprint === fingerprintOf(recipe, one) ? record : undefined;
}

/** Whether texts of a package lie in the folder, by whichever recipe. */
export function isFetched(one: CorpusPackage, out: string): boolean {
  const folder = folderOf(one);
  return existsSync(join(out, RECORDS, folder)) && existsSync(join(out, folder));
}

/** Puts a file in its place in one step. */
async function writeWhole(out: string, path: string, text: string): Promise<void> {
  const beside = join(out, FETCHING, "file");
  await mkdir(join(out, FETCHING), { recursive: true });
  await writeFile(beside, text, { flush: true });
  await rename(beside, join(out, path));
}

/** Where a package's archive waits, whole, to be taken from. */
export function archivePlace(one: CorpusPackage, out: string): string {
  return join(out, FETCHING, `${folderOf(one)}.archive`);
}

/**
 * Fetches a package and lays its texts, its licence and its record in the folder. What an earlier recipe
 * took from it goes when all of that is there: where the fetching fails, the folder is as it was.
 */
export async function addPackage(
  recipe: CorpusRecipe,
  one: CorpusPackage,
  out: string,
  signal: AbortSignal,
): Promise<Taken> {
  const folder = folderOf(one);
  const fetching = join(out, FETCHING);
  await mkdir(fetching, { recursive: true });
  // New folders each time: a client that outlived a killed run may still write into the old ones.
  const scratch = (what: string) => mkdtemp(join(fetching, `${folder}-${what}-`));
  const archive = archivePlace(one, out);
  await fetchArchive(one, archive, await scratch("download"), signal);
  const unpacked = await scratch("unpacked");
  await unpack(one, archive, unpacked, signal);
  const texts = await scratch("texts");
  await chmod(texts, 0o755); // mkdtemp makes folders for this user alone
  const taken = await writeTexts(recipe, one, unpacked, texts);
  const licence = await licenceText(one, unpacked);
  signal.throwIfAborted();

  await forget(out, folder);
  for (const under of [RECORDS, LICENCES]) await mkdir(join(out, under), { recursive: true });
  await writeWhole(out, join(LICENCES, folder), licence);
  await rename(texts, join(out, folder));
  const record: PackageRecord = { fingerprint: fingerprintOf(recipe, one), ...taken };
  await writeWhole(out, join(RECORDS, folder), `${JSON.stringify(record, null, 2)}\n`);
  for (const path of [archive, unpacked]) await rm(path, { recursive: true });
  return taken;
}

/** Takes a package's texts out of the folder; the record goes first. */
async function forget(out: string, folder: string): Promise<void> {
  for (const path of [join(RECORDS, folder), folder, join(LICENCES, folder)]) {
    await rm(join(out, path), { recursive: true, force: true });
  }
}

/** Removes packages that an earlier recipe had and this one has not; says which. */
export async function removeOthers(recipe: CorpusRecipe, out: string): Promise<string[]> {
  const wanted = new Set(recipe.packages.map(folderOf));
  const there = await readdir(join(out, RECORDS)).catch(() => []);
  const others = there.filter((folder) => !wanted.has(folder));
  for (const folder of others) await forget(out, folder);
  return others;
}

/** Extensions of what is written for people to read; all else is source code. */
const PROSE: ReadonlySet<string> = new Set([".md", ".rst", ".txt"]);

/** Bytes of prose and documentation. */
export function proseBytes({ extensions }: Taken): number {
  const prose = Object.entries(extensions).filter(([extension]) => PROSE.has(extension));
  return prose.reduce((sum, [, bytes]) => sum + bytes, 0);
}

/**
 * Writes `SOURCES.md` over what is in the folder, and ends the fetching. Recipes that read `.md` train on
 * this file too. It stays so, and its words as they are, since the hashes of published corpora have it.
 * Only where a package could not be fetched and texts of an earlier recipe are left does it say more.
 */
export async function writeSources(
  recipe: CorpusRecipe,
  taken: ReadonlyMap<CorpusPackage, Taken>,
  out: string,
): Promise<void> {
  const all = [...taken.values()];
  const sum = (of: (one: Taken) => number) => all.reduce((total, one) => total + of(one), 0);
  const bytes = sum((one) => one.bytes);
  const percent = (part: number) => `${((100 * part) / bytes).toFixed(1)}%`;
  const rows = [...taken].map(
    ([one, { files, bytes }]) =>
      `| ${one.package} | ${one.registry} | ${one.version} | ${one.licence} | ${files} | ${bytes} | ${percent(bytes)} |`,
  );
  const extensions = new Set(all.flatMap((one) => Object.keys(one.extensions)));
  const left = recipe.packages.filter((one) => !taken.has(one) && isFetched(one, out));
  const text = [
    `# Sources of the corpus "${recipe.name}"`,
    recipe.about,
    `${sum((one) => one.files)} files, ${bytes} bytes, ${percent(sum(proseBytes))} of them prose and documentation. Extensions: ${[...extensions].sort().join(" ")}. The licences' texts are in \`${LICENCES}/\`.`,
    [
      "| package | registry | version | licence | files | bytes | share |",
      "|---|---|---|---|---:|---:|---:|",
      ...rows,
    ].join("\n"),
    ...(left.length === 0
      ? []
      : [
          `Left from an earlier recipe, and not counted here: ${left.map(folderOf).join(", ")}; \`${LICENCES}/\` says what they are.`,
        ]),
  ].join("\n\n");
  await writeWhole(out, "SOURCES.md", `${text}\n`);
  await rm(join(out, FETCHING), { recursive: true, force: true, maxRetries: 5 });
}
