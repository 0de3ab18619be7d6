/**
 * @file What comes with the package: models, in its `models/` folder, each with its card; and the recipes
 * that they were made by.
 */

import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { LookbackError } from "../errors.ts";
import { DEFAULT_MODEL } from "../loading/default-model.ts";
import { parseConfig } from "../model/config.ts";
import { parameterCount } from "../model/weights.ts";
import { readJson } from "./model-folder.ts";

const PACKAGE = "lookback";

/** A bundled model as its card and config describe it. */
export interface BundledModel {
  readonly name: string;
  /** The heading of its card. */
  readonly title: string;
  /** The first paragraph of its card. */
  readonly description: string;
  /** Number of weights, biases included. */
  readonly parameters: number;
  readonly isDefault: boolean;
}

/** The folder of a bundled model, whether it is there or not. */
export async function bundledFolder(name: string): Promise<string> {
  return join(await modelsFolder(), name);
}

/** Names of the bundled models, the default first. */
export async function bundledNames(): Promise<string[]> {
  const entries = await readdir(await modelsFolder(), { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return names.sort((a, b) => rank(a) - rank(b) || a.localeCompare(b, "en"));
}

const rank = (name: string) => (name === DEFAULT_MODEL ? 0 : 1);

/** The bundled models with what their cards say, the default first. */
export async function bundledModels(): Promise<BundledModel[]> {
  return Promise.all(
    (await bundledNames()).map(async (name) => {
      const folder = await bundledFolder(name);
      const config = parseConfig(await readJson(join(folder, "config.json")));
      return {
        name,
        ...cardOpening(await readFile(join(folder, "README.md"), "utf8")),
        parameters: parameterCount(config),
        isDefault: name === DEFAULT_MODEL,
      };
    }),
  );
}

/** Heading and first paragraph of a card. */
function cardOpening(card: string): { title: string; description: string } {
  const [heading = "", paragraph = ""] = card.trim().split(/\n\s*\n/);
  return { title: heading.replace(/^#\s*/, ""), description: paragraph.replaceAll(/\s+/g, " ") };
}

/** The files of the recipes that come with the package, by name. */
export async function bundledRecipes(): Promise<ReadonlyMap<string, string>> {
  const folder = join(await packageFolder(), "recipes");
  const names = (await readdir(folder)).filter((name) => name.endsWith(".json")).sort();
  return new Map(names.map((name) => [basename(name, ".json"), join(folder, name)]));
}

let found: Promise<string> | undefined;

function packageFolder(): Promise<string> {
  found ??= findPackage(dirname(fileURLToPath(import.meta.url)));
  return found;
}

async function modelsFolder(): Promise<string> {
  return join(await packageFolder(), "models");
}

/** The package's root: above `src/node` in a checkout, above `dist/node` where it was installed. */
async function findPackage(from: string): Promise<string> {
  const manifest = await readFile(join(from, "package.json"), "utf8").catch(() => "{}");
  if (JSON.parse(manifest).name === PACKAGE) return from;
  const above = dirname(from);
  if (above === from) {
    throw new LookbackError(
      "not-found",
      `the files of the package "${PACKAGE}" are not complete; install it again`,
    );
  }
  return findPackage(above);
}
