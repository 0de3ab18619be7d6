import { describe, expect, it } from "vitest";
import { expectNear, mean, plantedContext } from "../../test/hypothesis.ts";
import { randomModel } from "../../test/random-model.ts";
import { HookedTransformer } from "../model/model.ts";
import { askedBothWays } from "../prompts/repeated.ts";
import { scoreContrasts } from "./score-contrasts.ts";

describe("scoreContrasts", () => {
  it("is what the strongest induction head scores on B less on D, asked both ways", async () => {
    using model = await HookedTransformer.create(randomModel({ d_vocab: 40 }));
    const induction = [
      { layer: 1, head: 1 },
      { layer: 1, head: 0 },
    ];
    const context = { model, bos: 3, circuit: { previousToken: [], lookBack: [], induction } };
    const spec = { lengths: [2, 4], batch: 5, seed: 6 };
    const { rows } = await scoreContrasts(context, spec);
    expect(rows.map(({ length }) => length)).toEqual([2, 4]);
    for (const { length, head, total, parts } of rows) {
      expect(head).toBe("L1H1");
      const drawn = { length, batch: 5, seed: 6, d_vocab: 40, bos: 3 };
      const { first, second } = askedBothWays(drawn);
      const name = "blocks.1.attn.hook_attn_scores";
      const apart = async ({ tokens, read }: typeof first) => {
        const { shape, data } = (await model.run(tokens, { names: [name] })).activations.get(name);
        const [, heads = 0, extent = 0] = shape;
        const score = (row: number, label: string) =>
          data[
            ((row * heads + 1) * extent + read) * extent + first.labels.indexOf(label)
          ] as number;
        return Array.from({ length: 5 }, (_, row) => score(row, "B") - score(row, "D"));
      };
      const [one, other] = [await apart(first), await apart(second)];
      const contrasts = one.map((value, row) => (value - (other[row] as number)) / 2);
      expectNear([total.mean], [mean(contrasts)], `length ${length}`);
      const sum = parts.flat().reduce((all, part) => all + part.mean, 0);
      expectNear([sum], [mean(contrasts)], `parts, length ${length}`);
    }
  });

  it("is a planted match of the token before with the bag behind a key", async () => {
    const context = await plantedContext("key-only");
    using _ = context.model;
    const { rows } = await scoreContrasts(context, { lengths: [3], batch: 20, seed: 3 });
    const [row] = rows;
    const place = (source: string) => row?.sources.indexOf(source) ?? -1;
    const part = row?.parts[place("L0H1")]?.[place("L0H2")];
    // A is one of the two to four tokens before B, and counts 4 over their number; D lacks it. C likewise.
    expect(part?.mean).toBeGreaterThan(0.9);
    expect((part?.mean ?? 0) / (row?.total.mean ?? 1)).toBeGreaterThan(0.9);
  });

  it("is empty without an induction head", async () => {
    const context = await plantedContext("none");
    using _ = context.model;
    const spec = { lengths: [3], batch: 2, seed: 0 };
    expect(await scoreContrasts(context, spec)).toEqual({ spec, rows: [] });
  });
});
