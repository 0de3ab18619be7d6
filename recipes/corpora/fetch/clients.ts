/**
 * @file The registries' own clients, which know from their settings where the registries are: one fetches
 * an archive, another lays out what is in it. No code of a fetched package is run.
 */

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createReadStream, existsSync } from "node:fs";
import { readdir, rename } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { LookbackError } from "../../../src/errors.ts";
import { type CorpusPackage, titleOf } from "./recipe.ts";

interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** What it takes to fetch from each registry. */
const NEEDS = {
  npm: "npm, which comes with Node",
  pypi: "python3 with pip",
  debian: "apt-get and dpkg-deb, which only Debian and its kin have",
} as const;

/** pip finds `sitecustomize.py` there. */
const PIP_STAND_IN = import.meta.dirname;

function downloadCommand(one: CorpusPackage, folder: string): Command {
  const { registry, package: name, version, wheel } = one;
  if (registry === "npm") {
    const args = ["pack", `${name}@${version}`, "--pack-destination", folder, "--loglevel=error"];
    return { program: "npm", args: [...args, "--ignore-scripts"] };
  }
  if (registry === "debian") {
    return { program: "apt-get", args: ["--quiet", "download", `${name}=${version}`], cwd: folder };
  }
  const args = ["-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder];
  const wanted = `${name}==${version}`;
  if (wheel !== undefined) {
    return {
      program: "python3",
      args: [...args, "--only-binary", ":all:", "--platform", wheel, wanted],
    };
  }
  const path = [PIP_STAND_IN, process.env.PYTHONPATH ?? ""].filter((part) => part !== "");
  return {
    program: "python3",
    args: [
      ...args,
      ...[
        "--no-binary",
        ":all:",
        "--use-pep517",
        "--no-build-isolation",
        "--ignore-requires-python",
      ],
      wanted,
    ],
    env: { PYTHONPATH: path.join(delimiter), PYTHONDONTWRITEBYTECODE: "1" },
  };
}

function unpackCommand({ registry, wheel }: CorpusPackage, archive: string, into: string): Command {
  if (registry === "debian") return { program: "dpkg-deb", args: ["--extract", archive, into] };
  if (wheel !== undefined) {
    return { program: "python3", args: ["-m", "zipfile", "--extract", archive, into] };
  }
  const args = ["--extract", "--gzip", "--file", archive, "--directory", into];
  return { program: "tar", args: [...args, "--strip-components=1", "--no-same-owner"] };
}

/** Warnings of clients may be pages long; what went wrong stands at the end. */
const LAST_WORDS = 600;

/** @throws LookbackError `unsupported` where the program is not there, `offline` where it fails. */
async function run(one: CorpusPackage, command: Command, signal: AbortSignal): Promise<void> {
  const { program, args, cwd, env } = command;
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    signal,
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-LAST_WORDS);
    });
  }
  const [code] = await once(child, "close").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    throw new LookbackError(
      "unsupported",
      `${titleOf(one)} needs ${program}, which is not there: install ${NEEDS[one.registry]}`,
      { program },
    );
  });
  if (code === 0) return;
  throw new LookbackError(
    "offline",
    `${titleOf(one)}: ${program} ended with exit code ${code}: ${said.trim() || "it said nothing"}`,
    { program, code },
  );
}

/** SHA-256 of a file, in hexadecimal. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/**
 * Fetches the package's archive to `place`. One that lies there already is taken where its hash is right.
 *
 * @param scratch an empty folder, which the client fills.
 * @throws LookbackError `bad-file` where the registry gives another archive than the recipe means.
 */
export async function fetchArchive(
  one: CorpusPackage,
  place: string,
  scratch: string,
  signal: AbortSignal,
): Promise<void> {
  if (existsSync(place) && (await sha256Of(place)) === one.sha256) return;
  await run(one, downloadCommand(one, scratch), signal);
  const [name, ...others] = await readdir(scratch);
  if (name === undefined || others.length > 0) {
    throw new LookbackError(
      "bad-file",
      `${titleOf(one)}: the client left ${others.length === 0 ? "no archive" : "several files"} in ${scratch}`,
      { scratch },
    );
  }
  const sha256 = await sha256Of(join(scratch, name));
  if (sha256 !== one.sha256) {
    throw new LookbackError(
      "bad-file",
      `${titleOf(one)}: the SHA-256 of ${name} is ${sha256}, not ${one.sha256} as the recipe has it; nothing was taken from it`,
      { name, sha256, expected: one.sha256 },
    );
  }
  await rename(join(scratch, name), place);
}

/** Lays out an archive's content in an empty folder. */
export async function unpack(
  one: CorpusPackage,
  archive: string,
  into: string,
  signal: AbortSignal,
): Promise<void> {
  await run(one, unpackCommand(one, archive, into), signal);
}
