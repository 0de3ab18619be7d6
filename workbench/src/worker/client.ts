/** @file The page's end of the line to the worker. */

import { whyStopped } from "./problem.ts";
import type { FromWorker, Problem, ToWorker, Work, WorkKind } from "./protocol.ts";

/** Who is told what comes of a question. Nothing is told of one that a later one replaced. */
export interface Listener<K extends WorkKind> {
  readonly onResult: (result: Work[K]["result"]) => void;
  readonly onProblem: (problem: Problem) => void;
  readonly onPart?: (part: Work[K]["part"]) => void;
  readonly onProgress?: (share: number, words: string) => void;
}

/** Asks the worker. */
export class WorkerClient {
  readonly #worker: Worker;
  readonly #listeners = new Map<number, Listener<WorkKind>>();
  /** The latest question of each asker. */
  readonly #latest = new Map<string, number>();
  #lastId = 0;

  constructor(worker: Worker, onCrash: (message: string) => void) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#hear(data);
    worker.onerror = (event) => onCrash(whyStopped(event));
  }

  /**
   * Asks; what the same asker asked before is dropped.
   *
   * @param asker by default there is one for each kind of question.
   */
  ask<K extends WorkKind>(
    kind: K,
    ask: Work[K]["ask"],
    listener: Listener<K>,
    asker: string = kind,
  ): void {
    this.cancel(asker);
    const id = ++this.#lastId;
    this.#latest.set(asker, id);
    this.#listeners.set(id, listener as unknown as Listener<WorkKind>);
    this.#worker.postMessage({ id, kind, ask } as ToWorker);
  }

  /** Drops the question of an asker that is still open. */
  cancel(asker: string): void {
    const id = this.#latest.get(asker);
    if (id === undefined || !this.#listeners.delete(id)) return;
    this.#worker.postMessage({ id, kind: "cancel" } satisfies ToWorker);
  }

  #hear(message: FromWorker): void {
    const listener = this.#listeners.get(message.id);
    if (listener === undefined) return;
    switch (message.kind) {
      case "progress":
        listener.onProgress?.(message.share, message.words);
        return;
      case "part":
        listener.onPart?.(message.part as never);
        return;
      case "result":
        this.#listeners.delete(message.id);
        listener.onResult(message.result as Work[WorkKind]["result"]);
        return;
      case "problem":
        this.#listeners.delete(message.id);
        listener.onProblem(message.problem);
    }
  }
}
