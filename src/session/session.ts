/**
 * @file What a session runs on: a model, and the runs of it without interventions, which interventions
 * take from and which therefore are kept.
 */

import type { NdArray } from "../engine/ndarray.ts";
import { LookbackError } from "../errors.ts";
import type { Tokenizer } from "../loading/tokenizer.ts";
import type { RunMode } from "../model/forward.ts";
import type { HookName } from "../model/hooks.ts";
import type { HookedTransformer } from "../model/model.ts";
import type { TokenBatch } from "../model/tokens.ts";
import type { AnswerPair } from "../prompts/prompt.ts";
import { type SessionPrompts, sessionPrompts } from "./prompts.ts";
import type { PromptSource, SessionSpec } from "./spec.ts";

/** What is asked of a session beside its spec. */
export interface SessionWork {
  readonly signal?: AbortSignal;
  /** Called with the share that is done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** The same of work in many steps. */
export interface LongWork extends SessionWork {
  /** Awaited between steps, so that what is more urgent may have its turn on the same model. */
  readonly pause?: () => Promise<void>;
}

/** Numbers that kept activations may hold together: 128 MB. */
const KEPT_NUMBERS = 2 ** 25;

/** Numbers of activations beyond which a page could not hold what is asked for: 1 GB. */
const MOST_NUMBERS = 2 ** 28;

/** Sources whose prompts are kept: those of a table of lengths. */
const KEPT_PROMPTS = 32;

/** A model and what was found out about it. One lives as long as its model. */
export class Session {
  readonly model: HookedTransformer;
  readonly tokenizer: Tokenizer | null;
  /** The token that opens prompts. */
  readonly bos: number;
  /** Activations of runs without interventions, the latest last. */
  readonly #kept = new Map<string, NdArray>();
  readonly #likeliest = new Map<string, readonly AnswerPair[]>();
  readonly #prompts = new Map<string, SessionPrompts>();

  constructor(model: HookedTransformer, tokenizer: Tokenizer | null, bos: number) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.bos = bos;
  }

  /**
   * The prompts of a source.
   *
   * @throws LookbackError as {@link sessionPrompts}.
   */
  prompts(source: PromptSource): SessionPrompts {
    const key = JSON.stringify(source);
    const prompts =
      this.#prompts.get(key) ?? sessionPrompts(this.model, this.tokenizer, this.bos, source);
    keepLatest(this.#prompts, key, prompts, KEPT_PROMPTS);
    return prompts;
  }

  /**
   * Activations of one of the two prompts without interventions, `[N, …]` at all positions. What was asked
   * for before is not run again.
   *
   * @throws LookbackError `bad-spec` where they would not fit into memory, and as `run`.
   */
  async activations(
    source: PromptSource,
    which: SessionSpec["runs"],
    mode: RunMode,
    names: ReadonlySet<HookName>,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<HookName, NdArray>> {
    const run = JSON.stringify([source, which, mode]);
    const key = (name: HookName) => `${name} ${run}`;
    const found = new Map<HookName, NdArray>();
    for (const name of names) {
      const kept = this.#kept.get(key(name));
      if (kept !== undefined) found.set(name, kept);
    }
    const missing = [...names].filter((name) => !found.has(name));
    if (missing.length > 0) {
      const tokens = tokensOf(this.prompts(source), which);
      this.#checkMemory(tokens, missing.length);
      const { activations } = await this.model.run(tokens, {
        names: missing,
        mode,
        ...(signal && { signal }),
      });
      for (const [name, array] of activations) found.set(name, array);
    }
    for (const [name, array] of found) this.#keep(key(name), array);
    return found;
  }

  /** The two likeliest tokens of each row, once they are known. */
  likeliest(source: PromptSource): readonly AnswerPair[] | undefined {
    return this.#likeliest.get(JSON.stringify(source));
  }

  keepLikeliest(source: PromptSource, answers: readonly AnswerPair[]): void {
    keepLatest(this.#likeliest, JSON.stringify(source), answers, KEPT_PROMPTS);
  }

  #checkMemory({ batch, length }: TokenBatch, hooks: number): void {
    const { n_heads, d_head } = this.model.config;
    const numbers = hooks * batch * length * n_heads * Math.max(d_head, length);
    if (numbers <= MOST_NUMBERS) return;
    throw new LookbackError(
      "bad-spec",
      `interventions on ${batch} prompts of ${length} tokens need ${numbers} numbers of other runs, and at most ${MOST_NUMBERS} fit; use fewer prompts`,
      { field: "prompt.batch", value: batch },
    );
  }

  /** Keeps an activation as the latest, and lets the oldest go where they grow too large. */
  #keep(key: string, array: NdArray): void {
    this.#kept.delete(key);
    this.#kept.set(key, array);
    let size = 0;
    for (const { data } of this.#kept.values()) size += data.length;
    for (const [oldest, { data }] of this.#kept) {
      if (size <= KEPT_NUMBERS || oldest === key) return;
      this.#kept.delete(oldest);
      size -= data.length;
    }
  }
}

/** Puts a value at the end of a map, and lets the oldest go beyond so many. */
function keepLatest<T>(map: Map<string, T>, key: string, value: T, most: number): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= most) return;
    map.delete(oldest);
  }
}

/**
 * One of the two prompts.
 *
 * @throws LookbackError `bad-spec` where there is no corrupted one.
 */
export function tokensOf(prompts: SessionPrompts, which: SessionSpec["runs"]): TokenBatch {
  if (which === "clean") return prompts.clean;
  if (prompts.corrupted !== null) return prompts.corrupted;
  throw new LookbackError(
    "bad-spec",
    "there is no corrupted prompt: give one, or use repeated sequences, which have one",
    { field: "prompt.corrupted", value: null },
  );
}
