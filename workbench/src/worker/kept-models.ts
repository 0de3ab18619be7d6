/**
 * @file The models that were read last, so that a slider that goes back and forth over checkpoints reads
 * none of them twice. The one that runs is always among them.
 */

import type { LoadedModel } from "../../../src/loading/model-files.ts";
import type { ModelSource } from "./protocol.ts";

/** Beside the one that runs, in bytes of weights. */
const MOST_BYTES = 128 * 2 ** 20;

interface Kept {
  readonly source: ModelSource;
  readonly model: LoadedModel;
}

/** Read models, the latest first. */
export class KeptModels {
  #kept: readonly Kept[] = [];

  /** The model of a source, if it is kept. */
  of(source: ModelSource): LoadedModel | undefined {
    return this.#kept.find((kept) => sameSource(kept.source, source))?.model;
  }

  /** Keeps the model that runs now; those that were used longest ago make way. */
  add(source: ModelSource, model: LoadedModel): void {
    const others = this.#kept.filter((kept) => !sameSource(kept.source, source));
    const kept: Kept[] = [{ source, model }];
    let bytes = 0;
    for (const other of others) {
      bytes += bytesOf(other.model);
      if (bytes > MOST_BYTES) break;
      kept.push(other);
    }
    this.#kept = kept;
  }
}

function bytesOf({ weights }: LoadedModel): number {
  return [...weights.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
}

/** Whether two sources are one model. */
function sameSource(a: ModelSource, b: ModelSource): boolean {
  if (a.kind !== "files" || b.kind !== "files") return JSON.stringify(a) === JSON.stringify(b);
  return a.id !== undefined && a.id === b.id;
}
