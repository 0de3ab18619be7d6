/** @file The development of a bundled model, which the build has made of the log of its training. */

import { DEVELOPMENTS } from "./development.ts";
import type { KeptDevelopment } from "./kept-development.ts";

/** The development of a bundled model; undefined where the site has none, or cannot be reached. */
export async function fetchDevelopment(name: string): Promise<KeptDevelopment | undefined> {
  if (!__KEPT_RUNS__.includes(name)) return undefined;
  const url = new URL(`${DEVELOPMENTS}/${name}.json`, document.baseURI);
  const response = await fetch(url).catch(() => undefined);
  return response?.ok ? await response.json() : undefined;
}
