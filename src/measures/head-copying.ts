/**
 * @file Copying (Olsson et al., 2022, "In-context Learning and Induction Heads", model analysis table):
 * does what a head writes raise the logit of the very token that it attends to?
 */

import type { NdArray } from "../engine/ndarray.ts";
import { LookbackError } from "../errors.ts";
import type { TokenBatch } from "../model/tokens.ts";
import { type Estimate, estimateRatio } from "./statistics.ts";

/** What the heads of one layer do on some prompts of random tokens that open with BOS. */
export interface CopyingInputs {
  /** `[batch, head, query, key]` */
  readonly pattern: NdArray;
  /** `[batch, pos, head, d_head]` */
  readonly values: NdArray;
  /**
   * `[batch, pos, head, d_head]`: the direction of a value that raises the logit of the token at a
   * position over the mean of the vocabulary, `W_O (W_U[token] - mean W_U)`.
   */
  readonly directions: NdArray;
  readonly tokens: TokenBatch;
}

/** Sums of one head over one prompt, in logits times attention; all positive. */
interface CopyingSums {
  /** What the logits of the tokens attended to are raised and lowered by. */
  readonly raised: number;
  readonly lowered: number;
  /** The same for all tokens of the prompt, each once. */
  readonly raisedAll: number;
  readonly loweredAll: number;
}

/** How much a head copies, as plain JSON; null where it changes, raises or lowers no logit at all. */
export interface Copying {
  /** -1 to 1: of what the head does to the logits of the tokens that it attends to, how much raises them. */
  readonly copying: Estimate | null;
  /** 0 to 1: of all logits of the prompt's tokens that it raises, the share of the tokens attended to. */
  readonly raisedShare: Estimate | null;
  /** 0 to 1: the same of the logits that it lowers. */
  readonly loweredShare: Estimate | null;
}

/**
 * The copying scores of the heads of one layer, over prompts that come in parts.
 *
 * What a head writes is a sum over the tokens that it attends to, `z = Σ pattern · v`, and so is its own
 * direct contribution to the logits. For each token `s` attended to (BOS apart), `v_s W_O W_U` is taken
 * on the tokens of the prompt, less its mean over the whole vocabulary: above it a logit is raised, below
 * it lowered. Both are added up over prompts, weighted with the attention that `s` receives from all
 * queries. From these sums:
 *
 * - `copying`: of what is done to the logit of `s` itself, the share that raises it, scaled from [0, 1] to
 *   [-1, 1]. 1: the token attended to is always raised. 0: as often raised as lowered, as by a head that
 *   has nothing to do with it. -1: always lowered, as by an anti-copying head.
 * - `raisedShare`: of what is raised, of all tokens of the prompt, the share of `s` itself. 1 raises
 *   nothing else. A head that raises the n tokens of a prompt alike has `1 / n`. `loweredShare` likewise.
 *
 * The paper asks the same of 25 random tokens: the logits that a head's own output raises, by ReLU, and
 * how much of them is of the token attended to. Here `z` is taken apart by the token attended to, so that
 * a head that spreads its attention can be compared with one that does not.
 */
export class HeadCopying {
  /** [head][prompt] */
  readonly #sums: CopyingSums[][];

  constructor(heads: number) {
    this.#sums = Array.from({ length: heads }, () => []);
  }

  /**
   * Takes the next prompts in.
   *
   * @throws LookbackError `bad-shape` unless the inputs fit each other.
   */
  add({ pattern, values, directions, tokens }: CopyingInputs): void {
    const { batch, length, ids } = tokens;
    const heads = this.#sums.length;
    const d_head = values.shape[3] ?? 0;
    expectShape("pattern", pattern, [batch, heads, length, length]);
    expectShape("values", values, [batch, length, heads, d_head]);
    expectShape("directions", directions, [batch, length, heads, d_head]);
    for (let row = 0; row < batch; row++) {
      const prompt = ids.subarray(row * length, (row + 1) * length);
      for (const [head, sums] of this.#sums.entries()) {
        const square = (row * heads + head) * length * length;
        sums.push(
          copyingSums(
            prompt,
            attentionReceived(pattern.data.subarray(square, square + length * length), length),
            (source, target) =>
              dot(
                values.data,
                ((row * length + source) * heads + head) * d_head,
                directions.data,
                ((row * length + target) * heads + head) * d_head,
                d_head,
              ),
          ),
        );
      }
    }
  }

  /** The scores of a head over all prompts taken in. */
  of(head: number): Copying {
    const sums = this.#sums[head] ?? [];
    const share = (part: (one: CopyingSums) => number, all: (one: CopyingSums) => number) =>
      ratioOrNull(sums.map(part), sums.map(all));
    return {
      copying: signed(
        share(
          ({ raised }) => raised,
          ({ raised, lowered }) => raised + lowered,
        ),
      ),
      raisedShare: share(
        ({ raised }) => raised,
        ({ raisedAll }) => raisedAll,
      ),
      loweredShare: share(
        ({ lowered }) => lowered,
        ({ loweredAll }) => loweredAll,
      ),
    };
  }
}

function expectShape(name: string, { shape }: NdArray, expected: readonly number[]): void {
  if (shape.join() === expected.join()) return;
  throw new LookbackError(
    "bad-shape",
    `copying: ${name} must be [${expected.join(", ")}], got shape [${shape.join(", ")}]`,
  );
}

function dot(a: Float32Array, atA: number, b: Float32Array, atB: number, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += (a[atA + i] as number) * (b[atB + i] as number);
  return sum;
}

/** The attention that each position receives from all queries. */
function attentionReceived(pattern: Float32Array, length: number): Float64Array {
  const received = new Float64Array(length);
  for (const [place, attention] of pattern.entries()) {
    const key = place % length;
    received[key] = (received[key] as number) + attention;
  }
  return received;
}

/** The position behind BOS of each token of a prompt, once. */
function firstOccurrences(ids: Int32Array): number[] {
  const seen = new Set<number>();
  const positions: number[] = [];
  for (let position = 1; position < ids.length; position++) {
    const id = ids[position] as number;
    if (seen.has(id)) continue;
    seen.add(id);
    positions.push(position);
  }
  return positions;
}

/** @param logit what the value at a position adds to the logit of the token at another. */
function copyingSums(
  ids: Int32Array,
  received: Float64Array,
  logit: (source: number, target: number) => number,
): CopyingSums {
  const targets = firstOccurrences(ids);
  let [raised, raisedAll, lowered, loweredAll] = [0, 0, 0, 0];
  for (let source = 1; source < ids.length; source++) {
    const weight = received[source] as number;
    for (const target of targets) {
      const change = weight * logit(source, target);
      const isItself = ids[target] === ids[source];
      if (change > 0) {
        raisedAll += change;
        if (isItself) raised += change;
      } else {
        loweredAll -= change;
        if (isItself) lowered -= change;
      }
    }
  }
  return { raised, raisedAll, lowered, loweredAll };
}

function ratioOrNull(part: readonly number[], all: readonly number[]): Estimate | null {
  return all.every((value) => value === 0) ? null : estimateRatio(part, all);
}

/** A share from [0, 1] on [-1, 1], its interval too. */
function signed(share: Estimate | null): Estimate | null {
  if (share === null) return null;
  const { mean, se, ci95, n } = share;
  const scaled = (value: number) => 2 * value - 1;
  return { mean: scaled(mean), se: 2 * se, ci95: [scaled(ci95[0]), scaled(ci95[1])], n };
}
