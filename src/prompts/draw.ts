/**
 * @file Drawing the columns of prompts. A draw of `[batch, width]` tokens is row-major, and draws
 * follow each other from one generator, so the order in which a prompt asks for its tokens is part
 * of what a seed means.
 */

import { MersenneTwister, randint } from "./mersenne-twister.ts";
import { type Column, constantColumn } from "./prompt.ts";
import { badSpec, checkDrawSpec, checkSize, type DrawSpec } from "./spec.ts";

/** One column for each label; of a tuple of labels, a tuple of columns. */
type ColumnsOf<Labels extends readonly string[]> = { -readonly [K in keyof Labels]: Column };

/** The random tokens of one batch of prompts. */
export class TokenDraw {
  readonly #generator: MersenneTwister;
  readonly #spec: DrawSpec;
  /** For distinct draws: what each row may not draw again. Empty otherwise. */
  readonly #taken: readonly Set<number>[];

  /**
   * @param reserved Tokens that distinct draws avoid besides BOS.
   * @throws LookbackError `bad-spec` naming the field that cannot be.
   */
  constructor(spec: DrawSpec, reserved: Iterable<number> = []) {
    checkDrawSpec(spec);
    checkSize(spec.batch, 1);
    this.#spec = spec;
    this.#generator = new MersenneTwister(spec.seed);
    const taken = new Set(reserved);
    if (spec.bos !== null) taken.add(spec.bos);
    this.#taken = spec.distinct ? Array.from({ length: spec.batch }, () => new Set(taken)) : [];
  }

  /** Tokens of each row that distinct draws avoid from here on. */
  avoid(columns: readonly Column[]): void {
    for (const [row, taken] of this.#taken.entries()) {
      for (const { ids } of columns) taken.add(ids[row] as number);
    }
  }

  /** BOS as the first column of the prompt, or nothing where the spec has none. */
  bos(): Column[] {
    const { bos, batch } = this.#spec;
    return bos === null ? [] : [constantColumn("BOS", bos, batch)];
  }

  /**
   * Draws `[batch, labels.length]` tokens and returns them as columns, one for each label.
   *
   * @throws LookbackError `bad-spec` when the vocabulary is too small for distinct tokens.
   */
  columns<const Labels extends readonly string[]>(labels: Labels): ColumnsOf<Labels> {
    const { batch } = this.#spec;
    const width = labels.length;
    checkSize(batch, width);
    const ids = this.#spec.distinct ? this.#distinct(width) : this.#uniform(width);
    const columns: Column[] = labels.map((label, column) => ({
      label,
      ids: Int32Array.from({ length: batch }, (_, row) => ids[row * width + column] as number),
    }));
    return columns as ColumnsOf<Labels>; // map() forgets that a tuple keeps its length
  }

  #uniform(width: number): Int32Array {
    return randint(this.#generator, this.#spec.d_vocab, this.#spec.batch * width);
  }

  /** Rejection sampling: a token that its row has already is thrown away and drawn again. */
  #distinct(width: number): Int32Array {
    const { d_vocab, batch } = this.#spec;
    const ids = new Int32Array(batch * width);
    let i = 0;
    for (const taken of this.#taken) {
      if (taken.size + width > d_vocab) {
        const needed = taken.size + width;
        throw badSpec(
          "d_vocab",
          d_vocab,
          `at least ${needed} for distinct tokens in these prompts`,
        );
      }
      for (const end = i + width; i < end; i++) {
        let id: number;
        do id = this.#generator.uint32() % d_vocab;
        while (taken.has(id));
        taken.add(id);
        ids[i] = id;
      }
    }
    return ids;
  }
}
