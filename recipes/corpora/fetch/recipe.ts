/**
 * @file What a corpus is made of: packages of public registries, each pinned by version and hash, with
 * the licence of what is taken from it. A licence that is not on the list here is refused, so that
 * nothing gets into a corpus by oversight.
 */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { LookbackError } from "../../../src/errors.ts";

/** SPDX identifiers of licences that ask for no more than credit, and of works that nobody owns. */
export const ACCEPTED_LICENCES: readonly string[] = [
  "0BSD",
  "Apache-2.0",
  "Apache-2.0 WITH LLVM-exception",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BSL-1.0",
  "CC0-1.0",
  "ISC",
  "LicenseRef-Matplotlib",
  "LicenseRef-public-domain",
  "MIT",
  "MIT-CMU",
  "PDDL-1.0",
  "PostgreSQL",
  "PSF-2.0",
  "Python-2.0",
  "Unlicense",
  "Zlib",
];

/** The licences of an SPDX expression without brackets. */
function licencesOf(expression: string): string[] {
  return expression.split(/ (?:OR|AND) /);
}

const licence = z
  .string()
  .refine((expression) => licencesOf(expression).every((one) => ACCEPTED_LICENCES.includes(one)), {
    error: `not a licence that a corpus may have; these are: ${ACCEPTED_LICENCES.join(", ")}`,
  });

const globs = z.array(z.string().min(1));

/**
 * One package. Paths and globs are relative to what the archive holds: for `.tgz` and `.tar.gz` to its
 * one top folder, for wheels and Debian packages to the root.
 */
const corpusPackage = z.strictObject({
  registry: z.enum(["npm", "pypi", "debian"]),
  package: z.string().regex(/^(?:@\w[\w.-]*\/)?\w[\w.+-]*$/),
  version: z.string().regex(/^[\w.+:~-]+$/),
  /** PyPI only: a wheel for this platform instead of the source archive. */
  wheel: z.string().optional(),
  /** Of what is included. */
  licence,
  /** Where the package says so. */
  licenceFiles: globs.min(1),
  /** What a reader should know: why something is left out, or why the licence is what it is. */
  note: z.string().optional(),
  include: globs.min(1),
  exclude: globs.default([]),
  /** Files of more bytes are left out; overrides the corpus'. */
  mostBytes: z.int().positive().optional(),
  /** HTML only: CSS selector of elements to leave out, on top of scripts and navigation. */
  dropElements: z.string().optional(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const corpusRecipe = z.strictObject({
  name: z.string(),
  about: z.string(),
  /** For every package. */
  exclude: globs,
  mostBytes: z.int().positive(),
  packages: z.array(corpusPackage).min(1),
});

export type CorpusPackage = z.infer<typeof corpusPackage>;
export type CorpusRecipe = z.infer<typeof corpusRecipe>;

/** The folder that a package's texts lie in: `@types/node` becomes `types-node`. */
export function folderOf({ package: name }: CorpusPackage): string {
  return name.replace(/^@/, "").replace("/", "-");
}

/** `numpy 2.4.6 (pypi)`. */
export function titleOf({ package: name, version, registry }: CorpusPackage): string {
  return `${name} ${version} (${registry})`;
}

/** Raised when the same archive would give other texts than before, so that they are made anew. */
const RULES = 1;

/** Stands for everything that decides which texts come from a package. */
export function fingerprintOf(recipe: CorpusRecipe, one: CorpusPackage): string {
  const decides = [RULES, recipe.exclude, recipe.mostBytes, one];
  return createHash("sha256").update(JSON.stringify(decides)).digest("hex");
}

/**
 * @throws LookbackError `not-found` where there is no such file, `bad-spec` with every complaint where
 * it is not a recipe, or two packages would lie in the same folder.
 */
export async function readCorpusRecipe(path: string): Promise<CorpusRecipe> {
  const text = await readFile(path, "utf8").catch(() => {
    throw new LookbackError("not-found", `there is no corpus recipe ${path}`, { path });
  });
  const parsed = corpusRecipe.safeParse(parseJson(path, text));
  if (!parsed.success) {
    const complaints = parsed.error.issues.map(
      (issue) => `${issue.path.join(".")}: ${issue.message}`,
    );
    throw new LookbackError(
      "bad-spec",
      `${path} is not a corpus recipe: ${complaints.join("; ")}`,
      {
        path,
      },
    );
  }
  const folders = parsed.data.packages.map(folderOf);
  const twice = folders.find((folder, i) => folders.indexOf(folder) !== i);
  if (twice !== undefined) {
    throw new LookbackError("bad-spec", `${path} names the package ${twice} twice`, { path });
  }
  return parsed.data;
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new LookbackError("bad-spec", `${path} is not JSON: ${said}`, { path });
  }
}
