/** @file Reading a JSON file that an option names. */

import { readFile } from "node:fs/promises";
import { inContext, LookbackError } from "../errors.ts";
import { hasSystemCode } from "../node/system-error.ts";
import { systemReason } from "./out-file.ts";
import { UsageError } from "./usage-error.ts";

/**
 * The value in a JSON file.
 *
 * @throws UsageError when there is no such file, or it holds no JSON.
 */
export async function readJsonFile(option: string, path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const isMissing = hasSystemCode(error, "ENOENT");
    const reason = isMissing ? "there is no such file" : systemReason(error);
    throw new UsageError(`${option} ${path}: ${reason}`, { cause: error });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${option} ${path} is no JSON: ${reason}`, { cause: error });
  }
}

/**
 * The spec in a JSON file.
 *
 * @throws UsageError when there is no such file, or it holds no JSON; LookbackError `bad-spec` that
 *   names the file for what it holds.
 */
export async function readSpecFile<Spec>(
  option: string,
  path: string,
  parse: (json: unknown) => Spec,
): Promise<Spec> {
  const json = await readJsonFile(option, path);
  try {
    return parse(json);
  } catch (error) {
    if (!(error instanceof LookbackError)) throw error;
    throw inContext(error, path, { path });
  }
}
