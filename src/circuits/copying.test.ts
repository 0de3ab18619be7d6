import { describe, expect, it } from "vitest";
import { randomModel } from "../../test/random-model.ts";
import { openDevice } from "../engine/device.ts";
import type { NdArray } from "../engine/ndarray.ts";
import { liveTensors } from "../engine/tensor.ts";
import type { ModelConfig } from "../model/config.ts";
import type { StateDict } from "../model/weights.ts";
import { copyingScores } from "./copying.ts";
import { circuitEntries } from "./full-circuits.ts";

const idsOf = ({ d_vocab }: ModelConfig) => Array.from({ length: d_vocab }, (_, id) => id);

/** Shares of all tokens, by sorting each row of the full OV circuit. */
function bySorting(weights: StateDict, config: ModelConfig, head: string, k: number) {
  const ids = idsOf(config);
  const { data } = circuitEntries(weights, config, { head, circuit: "OV", from: ids, to: ids });
  const counts = { top: 0, bottom: 0 };
  for (const token of ids) {
    const row = data.subarray(token * ids.length, (token + 1) * ids.length);
    const sorted = ids.toSorted((a, b) => (row[b] as number) - (row[a] as number));
    if (sorted.slice(0, k).includes(token)) counts.top++;
    if (sorted.slice(-k).includes(token)) counts.bottom++;
  }
  return { copying: counts.top / ids.length, antiCopying: counts.bottom / ids.length };
}

/** A model whose vocabulary is read and written along one axis each, with heads as given. */
function planted(scales: readonly number[]) {
  const V = 8;
  const { weights, config } = randomModel({
    n_layers: 1,
    n_heads: scales.length,
    d_model: V,
    d_head: V,
    d_vocab: V,
  });
  const identity = (times: readonly number[]) =>
    Float32Array.from({ length: times.length * V * V }, (_, i) =>
      (i % (V * V)) % (V + 1) === 0 ? (times[Math.floor(i / (V * V))] as number) : 0,
    );
  const set = new Map(weights);
  const put = (key: string, times: readonly number[]) =>
    set.set(key, { ...(weights.get(key) as NdArray), data: identity(times) });
  put("embed.W_E", [1]);
  put("unembed.W_U", [1]);
  put("blocks.0.attn.W_V", scales);
  put(
    "blocks.0.attn.W_O",
    scales.map(() => 1),
  );
  return { weights: set, config };
}

describe("copyingScores", () => {
  it.each([
    ["with padding behind the vocabulary", { d_vocab: 70, n_heads: 3, d_head: 3 }, 4],
    ["in several blocks", { d_vocab: 1500, n_layers: 1, n_heads: 1, d_head: 2 }, 30],
  ])("are what sorting every row gives, %s", async (_, shape, k) => {
    const { weights, config } = randomModel(shape);
    await openDevice();
    const before = liveTensors();
    const scores = await copyingScores(weights, config, { k, sample: config.d_vocab });
    expect(liveTensors()).toBe(before);
    expect(scores).toMatchObject({ k, tokens: config.d_vocab, chance: k / config.d_vocab });
    for (const { layer, head, copying, antiCopying } of scores.heads) {
      const expected = bySorting(weights, config, `L${layer}H${head}`, k);
      expect(copying.mean).toBeCloseTo(expected.copying, 10);
      expect(antiCopying.mean).toBeCloseTo(expected.antiCopying, 10);
      expect(copying.n).toBe(config.d_vocab);
    }
    expect(scores.heads.some(({ copying }) => copying.mean > 0)).toBe(true);
  });

  it("are 1 for a head that copies, the opposite for one that does the opposite, 0 for none", async () => {
    const { weights, config } = planted([1, -1, 0]);
    const { heads } = await copyingScores(weights, config, { k: 1 });
    expect(heads.map(({ copying }) => copying.mean)).toEqual([1, 0, 0]);
    expect(heads.map(({ antiCopying }) => antiCopying.mean)).toEqual([0, 1, 0]);
  });

  it("of a sample are near those of all tokens, and the same for one seed", async () => {
    const { weights, config } = randomModel({ d_vocab: 500, d_model: 16 });
    const [whole, some, again, other] = await Promise.all(
      [{ sample: 500 }, { sample: 200 }, { sample: 200 }, { sample: 200, seed: 1 }].map((request) =>
        copyingScores(weights, config, { k: 60, ...request }),
      ),
    );
    expect(again).toEqual(some);
    expect(other?.heads).not.toEqual(some?.heads);
    for (const [i, { copying }] of (some?.heads ?? []).entries()) {
      expect(copying.n).toBe(200);
      const gap = Math.abs(copying.mean - (whole?.heads[i]?.copying.mean ?? 0));
      expect(gap).toBeLessThan(4 * copying.se);
    }
  });

  it("say what cannot be, and stop when cancelled", async () => {
    const { weights, config } = randomModel();
    await expect(copyingScores(weights, config, { k: 12 })).rejects.toThrow(/k must be.*1 to 11/);
    await expect(copyingScores(weights, config, { sample: 0 })).rejects.toThrow(/sample must be/);
    const before = liveTensors();
    const signal = AbortSignal.abort();
    await expect(copyingScores(weights, config, { signal })).rejects.toMatchObject({
      code: "cancelled",
    });
    expect(liveTensors()).toBe(before);
  });
});
