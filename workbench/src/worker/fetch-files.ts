/** @file Files from the network, checked and with reasons where they do not come. */

import { LookbackError, throwIfCancelled } from "../../../src/errors.ts";

/** How something is being fetched. */
export interface FetchTools {
  readonly signal: AbortSignal;
  readonly onProgress: (share: number, words?: string) => void;
}

/** @throws LookbackError `bad-file` naming what is no JSON. */
export function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LookbackError("bad-file", `${name} is no JSON`, { name }, { cause });
  }
}

/** @throws LookbackError `offline`, `not-found`, `bad-file`, `cancelled`. */
export async function fetchJson(url: string, tools: FetchTools): Promise<unknown> {
  const response = await answerOf(url, tools);
  return parseJson(await orOffline(url, tools, () => response.text()), url);
}

/**
 * The bytes of a large file, with progress where its size is known.
 *
 * @throws LookbackError `offline`, `not-found`, `cancelled`.
 */
export async function fetchBytes(
  url: string,
  name: string,
  tools: FetchTools,
): Promise<Uint8Array> {
  const response = await answerOf(url, tools);
  const total = Number(response.headers.get("content-length") ?? 0);
  const reader = response.body?.getReader();
  if (reader === undefined) return new Uint8Array(await response.arrayBuffer());
  const chunks: Uint8Array[] = [];
  let received = 0;
  for (;;) {
    const { done, value } = await orOffline(url, tools, () => reader.read());
    if (done) break;
    chunks.push(value);
    received += value.length;
    // What is sent compressed is longer than it says.
    tools.onProgress(total > 0 ? Math.min(1, received / total) : 0, `fetching ${name}`);
  }
  const bytes = new Uint8Array(received);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

async function answerOf(url: string, tools: FetchTools): Promise<Response> {
  const response = await orOffline(url, tools, () => fetch(url, { signal: tools.signal }));
  if (response.ok) return response;
  const { status } = response;
  throw new LookbackError("not-found", `there is no ${url} (HTTP ${status})`, { url, status });
}

/** What the network does; where it fails, it was cancelled or has broken off. */
async function orOffline<T>(url: string, { signal }: FetchTools, work: () => Promise<T>) {
  try {
    return await work();
  } catch (cause) {
    throwIfCancelled(signal);
    const { host } = new URL(url);
    throw new LookbackError(
      "offline",
      `${host} does not answer, or broke off, when asked for ${url}; try again`,
      { url },
      { cause },
    );
  }
}
