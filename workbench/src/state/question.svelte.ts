/**
 * @file One kind of question to the worker: what was asked last, and what has come of it. It is asked anew
 * when what it is about changes.
 */

import type { WorkerClient } from "../worker/client.ts";
import type { Problem, Work, WorkKind } from "../worker/protocol.ts";
import { type Found, NOTHING } from "./found.ts";

/** How a question is put. */
export interface QuestionOptions<K extends WorkKind, T> {
  /** Who asks: of each asker the latest question counts. Default the kind. */
  readonly asker?: string;
  /** What is known once a part has come in; by default each part is all that is known. */
  readonly withPart?: (known: T | undefined, part: Work[K]["part"]) => T | undefined;
}

/** A kind of question, whose result is drawn as `T`. */
export class Question<K extends WorkKind, T = Work[K]["result"]> {
  #found: Found<T> = $state.raw(NOTHING);
  readonly #client: WorkerClient;
  readonly #kind: K;
  readonly #asker: string;
  readonly #withPart: (known: T | undefined, part: Work[K]["part"]) => T | undefined;
  #asked: string | undefined;
  /** Whether the value is of another model. */
  #isForeign = false;

  constructor(client: WorkerClient, kind: K, options: QuestionOptions<K, T> = {}) {
    this.#client = client;
    this.#kind = kind;
    this.#asker = options.asker ?? kind;
    this.#withPart = options.withPart ?? ((_, part) => part as unknown as T);
  }

  get value(): T | undefined {
    return this.#found.value;
  }

  /** Whether the value belongs to an earlier question. */
  get isOld(): boolean {
    return this.#found.isOld;
  }

  get problem(): Problem | undefined {
    return this.#found.problem;
  }

  get isWorking(): boolean {
    return this.#found.isWorking;
  }

  /** Of the work under way, 0 to 1. */
  get share(): number {
    return this.#found.share;
  }

  /**
   * Asks, unless it is what was asked last.
   *
   * @param about all that the answer depends on, as JSON.
   * @param start what is known before anything has come; by default the earlier value stays meanwhile.
   */
  ask(ask: Work[K]["ask"], about: unknown, start?: T): void {
    const key = JSON.stringify(about);
    if (this.#asked === key) return;
    this.#asked = key;
    const { value, problem } = this.#found;
    const known =
      start === undefined ? { value, isOld: value !== undefined } : { value: start, isOld: false };
    this.#found = { ...NOTHING, ...known, problem, isWorking: true };
    this.#client.ask(
      this.#kind,
      ask,
      {
        onProgress: (share) => {
          this.#found = { ...this.#found, share };
        },
        onPart: (part) => {
          const known = this.#found.isOld ? undefined : this.#found.value;
          this.#isForeign = false;
          this.#found = {
            ...this.#found,
            value: this.#withPart(known, part),
            isOld: false,
            problem: undefined,
          };
        },
        onProblem: (problem) => {
          const kept = this.#isForeign ? NOTHING : this.#found;
          this.#found = { ...kept, problem, isWorking: false };
        },
        onResult: (result) => {
          this.#isForeign = false;
          this.#found = { ...NOTHING, value: result as unknown as T };
        },
      },
      this.#asker,
    );
  }

  /** Stops the work; what has come of it stays. */
  stop(): void {
    this.#client.cancel(this.#asker);
    this.#found = { ...(this.#found.isOld ? NOTHING : this.#found), isWorking: false };
  }

  /** There is nothing to ask any more. */
  forget(): void {
    this.#client.cancel(this.#asker);
    this.#asked = undefined;
    this.#found = NOTHING;
  }

  /** There is another model: the value stays until the same is asked of that one. */
  outdate(): void {
    this.#asked = undefined;
    this.#isForeign = true;
  }
}
