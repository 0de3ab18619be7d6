/**
 * @file An attention-only transformer in plain loops and float64, whose every receiver sums up its own
 * stream: what edges are is spelled out here, slowly, for the fast code to be held against.
 */

import { sizeOf } from "../src/engine/ndarray.ts";
import type { ModelSource } from "../src/model/model.ts";

type Vector = Float64Array;

/** What every sender wrote, `[position]` vectors of d_model, by label: `embed`, `pos`, `L0H1`, `L0.b_O`. */
export type Written = ReadonlyMap<string, readonly Vector[]>;

/** One run of one prompt. */
export interface PlainRun {
  readonly written: Written;
  /** At the last position. */
  readonly logits: Vector;
}

/** What a receiver sees in the place of what a sender wrote; undefined for the run's own. */
export type Rewire = (sender: string, receiver: string, position: number) => Vector | undefined;

const add = (a: Vector, b: Vector) => a.map((x, i) => x + (b[i] as number));

function softmax(scores: readonly number[]): number[] {
  const max = Math.max(...scores);
  const terms = scores.map((score) => Math.exp(score - max));
  const total = terms.reduce((sum, term) => sum + term, 0);
  return terms.map((term) => term / total);
}

/** `x · W`, of `W [rows, columns]` at an offset in its data. */
function times(x: Vector, W: Float32Array, columns: number, offset = 0): Vector {
  const out = new Float64Array(columns);
  for (const [r, value] of x.entries()) {
    for (let c = 0; c < columns; c++) {
      out[c] = (out[c] as number) + value * (W[offset + r * columns + c] as number);
    }
  }
  return out;
}

/**
 * Runs one prompt.
 *
 * @param rewire what a receiver (`L1H0.q`, `logits`) sees of a sender at a position.
 * @param whole what a head writes instead, for everybody, at a position.
 */
export function plainRun(
  { config, weights }: ModelSource,
  tokens: readonly number[],
  rewire: Rewire = () => undefined,
  whole: (sender: string, position: number) => Vector | undefined = () => undefined,
): PlainRun {
  const { n_layers, n_heads, d_model, d_head, d_vocab, shortformer_pos, eps } = config;
  const data = (key: string) => {
    const weight = weights.get(key);
    if (weight === undefined || weight.data.length !== sizeOf(weight.shape)) throw new Error(key);
    return weight.data;
  };
  const vector = (key: string, index: number, width: number) =>
    Float64Array.from(data(key).subarray(index * width, (index + 1) * width));

  const written = new Map<string, Vector[]>();
  written.set(
    "embed",
    tokens.map((token) => vector("embed.W_E", token, d_model)),
  );
  written.set(
    "pos",
    tokens.map((_, p) => vector("pos_embed.W_pos", p, d_model)),
  );

  const norm = (x: Vector, name: string) => {
    if (config.normalization === null) return x;
    const mean = x.reduce((sum, v) => sum + v, 0) / d_model;
    const centred = x.map((v) => v - mean);
    const scale = Math.sqrt(centred.reduce((sum, v) => sum + v * v, 0) / d_model + eps);
    if (config.normalization !== "LN") return centred.map((v) => v / scale);
    const [w, b] = [data(`${name}.w`), data(`${name}.b`)];
    return centred.map((v, i) => (v / scale) * (w[i] as number) + (b[i] as number));
  };
  const seen = (sender: string, receiver: string, p: number) =>
    rewire(sender, receiver, p) ?? (written.get(sender)?.[p] as Vector);
  const stream = (receiver: string, p: number) => {
    let sum: Vector = new Float64Array(d_model);
    for (const sender of written.keys()) {
      if (sender !== "pos" || !shortformer_pos) sum = add(sum, seen(sender, receiver, p));
    }
    return sum;
  };

  for (let layer = 0; layer < n_layers; layer++) {
    const at = `blocks.${layer}.attn`;
    const outputs = Array.from({ length: n_heads }, (_, head) => {
      const label = `L${layer}H${head}`;
      const project = (input: "q" | "k" | "v") =>
        tokens.map((_, p) => {
          const receiver = `${label}.${input}`;
          let x = norm(stream(receiver, p), `blocks.${layer}.ln1`);
          if (shortformer_pos && input !== "v") x = add(x, seen("pos", receiver, p));
          const key = input.toUpperCase();
          const y = times(x, data(`${at}.W_${key}`), d_head, head * d_model * d_head);
          return add(y, vector(`${at}.b_${key}`, head, d_head));
        });
      const [q, k, v] = [project("q"), project("k"), project("v")];
      return tokens.map((_, p) => {
        const replaced = whole(label, p);
        if (replaced !== undefined) return replaced;
        const scores = Array.from({ length: p + 1 }, (_, j) =>
          (q[p] as Vector).reduce((sum, x, d) => sum + x * (k[j]?.[d] as number), 0),
        ).map((score) => score / Math.sqrt(d_head));
        const shares = softmax(scores);
        let z: Vector = new Float64Array(d_head);
        for (const [j, share] of shares.entries()) {
          z = add(
            z,
            (v[j] as Vector).map((x) => x * share),
          );
        }
        return times(z, data(`${at}.W_O`), d_model, head * d_head * d_model);
      });
    });
    for (const [head, output] of outputs.entries()) written.set(`L${layer}H${head}`, output);
    written.set(
      `L${layer}.b_O`,
      tokens.map(() => Float64Array.from(data(`${at}.b_O`))),
    );
  }
  const final = norm(stream("logits", tokens.length - 1), "ln_final");
  const logits = add(
    times(final, data("unembed.W_U"), d_vocab),
    Float64Array.from(data("unembed.b_U")),
  );
  return { written, logits };
}
