/** @file How work on a corpus says how far it is, and how it is stopped. */

import { throwIfCancelled } from "../../errors.ts";

/** How far the work is: bytes of the sources, bytes of documents, or tokens of the vocabulary (merge). */
export interface CorpusProgress {
  readonly stage: "read" | "count" | "merge" | "encode";
  readonly done: number;
  readonly total: number;
}

/** Who is told, and who can stop it. */
export interface CorpusWatch {
  readonly onProgress?: ((progress: CorpusProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Characters or bytes between two turns; the work in between takes some tens of milliseconds. */
const A_TURN = 1 << 19;

/** Gives the event loop a turn, in which a signal can come; throws once it has fired. */
export async function oneTurn(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  throwIfCancelled(signal);
}

/**
 * Gives the event loop a turn now and then, in which a signal can come. The function returned is told
 * how much was done; it throws once the signal has fired.
 */
export function turns(signal: AbortSignal | undefined): (done: number) => Promise<void> {
  let sinceTurn = 0;
  return async (done) => {
    sinceTurn += done;
    if (sinceTurn < A_TURN) return;
    sinceTurn = 0;
    await oneTurn(signal);
  };
}
