import { describe, expect, it } from "vitest";
import {
  expectNear,
  less,
  mean,
  plainRuns,
  plainScores,
  plantedContext,
} from "../../test/hypothesis.ts";
import { randomModel } from "../../test/random-model.ts";
import { HookedTransformer } from "../model/model.ts";
import { repeatedPair } from "../prompts/repeated.ts";
import { edgeMatrix } from "./edge-matrix.ts";

describe("edgeMatrix", () => {
  it("is what plain loops give of every path, and null where there is none", async () => {
    const source = randomModel({ n_layers: 3, d_vocab: 40 });
    using model = await HookedTransformer.create(source);
    const circuit = { previousToken: [], lookBack: [], induction: [] };
    const spec = { length: 3, batch: 3, seed: 2 };
    const shares: number[] = [];
    const onProgress = (share: number) => void shares.push(share);
    const context = { model, bos: 3, circuit, onProgress };
    const { from, to, matrices } = await edgeMatrix(context, spec);
    expect(from.join(" ")).toBe("embed L0H0 L0H1 L1H0 L1H1 L2H0 L2H1");
    // Of the first layer's inputs only the embedding is seen, which is no path of interest.
    const inputs = ["L1H0", "L1H1", "L2H0", "L2H1"].flatMap((head) =>
      ["q", "k", "v"].map((input) => `${head}.${input}`),
    );
    expect(to).toEqual([...inputs, "logits"]);
    expect(matrices.map(({ side }) => side)).toEqual(["query", "keys"]);
    const layerOf = (label: string) => Number(/^L(\d)/.exec(label)?.[1] ?? -1);
    for (const { side, clean, corrupted, effects } of matrices) {
      const pair = repeatedPair({ ...spec, d_vocab: 40, bos: 3 }, side);
      const runs = plainRuns(source, pair.clean.tokens, pair.clean.read);
      const base = plainScores(source, pair.corrupted);
      const own = plainScores(source, pair.clean);
      expectNear([clean.mean, corrupted.mean], [mean(own), mean(base)]);
      for (const [i, sender] of from.entries()) {
        for (const [j, receiver] of to.entries()) {
          const given = effects[i]?.[j];
          if (receiver !== "logits" && layerOf(sender) >= layerOf(receiver)) {
            expect(given).toBeNull();
            continue;
          }
          const edges = [`${sender} ${receiver}`];
          const patched = plainScores(source, pair.corrupted, { from: runs, edges });
          const expected = mean(less(patched, base)) / mean(less(own, base));
          expectNear([given?.mean ?? Number.NaN], [expected], `${side} ${edges}`);
        }
      }
    }
    expect(shares.at(-1)).toBe(1);
  });

  it("shows where a planted bag of tokens is read", async () => {
    const context = await plantedContext("bag");
    using _ = context.model;
    const { from, to, matrices } = await edgeMatrix(context, { length: 4, batch: 8, seed: 3 });
    for (const [i, reader] of ["L1H3.q", "L1H3.k"].entries()) {
      const found = (matrices[i]?.effects ?? []).flatMap((row, sender) =>
        row.flatMap((effect, receiver) =>
          Math.abs(effect?.mean ?? 0) > 0.1 ? [`${from[sender]} ${to[receiver]}`] : [],
        ),
      );
      // What the induction head says goes to the logits; the look-back head tells it what to look for.
      expect(new Set(found)).toEqual(new Set([`L0H2 ${reader}`, "L1H3 logits"]));
    }
  });
});
