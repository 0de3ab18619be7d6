/** @file The text to learn from: the sample, or the reader's file. */

import { LookbackError } from "../../../src/errors.ts";

export const SAMPLE_NAME = "the opening of Moby-Dick (Melville 1851, public domain)";

/** More than a page can hold in a field that one can still type in. */
const MOST_BYTES = 8 * 2 ** 20;

/** The sample; empty where it does not come, for which there is no need to say anything. */
export async function fetchSample(): Promise<string> {
  const url = new URL("samples/moby-dick.txt", document.baseURI);
  const response = await fetch(url).catch(() => undefined);
  return response?.ok ? response.text() : "";
}

/** Whether a dropped file is text by its name or type. */
export function isTextFile({ name, type }: Pick<File, "name" | "type">): boolean {
  return type.startsWith("text/") || /\.(txt|md)$/i.test(name);
}

/** @throws LookbackError `bad-spec` where there is too much of it. */
export async function readTextFile(file: File): Promise<string> {
  if (file.size <= MOST_BYTES) return file.text();
  const most = MOST_BYTES / 2 ** 20;
  throw new LookbackError(
    "bad-spec",
    `${file.name} has more than ${most} MB; a page learns from less: cut it, or train by lookback train in a terminal.`,
  );
}
