import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ndarray } from "../engine/ndarray.ts";
import { parseSafetensors, readFloats, readIntegers } from "../loading/safetensors.ts";
import {
  logitDifferences,
  logProbabilities,
  logSumExp,
  lossPerToken,
  probabilities,
  ranks,
  topTokens,
} from "./answers.ts";
import { pairMeasures } from "./pair-measures.ts";

/** [1, 2, 5]: nothing at position 0, five logits at position 1. */
const LOGITS = ndarray([1, 2, 5], Float32Array.of(0, 0, 0, 0, 0, 0.5, -1.25, 3, 2.75, -0.5));

const anyRow = fc.array(fc.float({ min: -30, max: 30, noNaN: true }), {
  minLength: 2,
  maxLength: 40,
});

describe("measures of one answer", () => {
  it("are scipy's softmax and log_softmax", () => {
    // scipy.special on the same numbers, scipy 1.17
    expect(logSumExp([0.5, -1.25, 3, 2.75, -0.5])).toBeCloseTo(3.644664353646556, 14);
    expect(probabilities(LOGITS, [3])[0]).toBeCloseTo(0.40874477, 8);
    expect(logProbabilities(LOGITS, [1])[0]).toBeCloseTo(-4.89466435, 8);
  });

  it("are read at the last position unless told otherwise", () => {
    expect(probabilities(LOGITS, [3], 0)[0]).toBeCloseTo(0.2, 14);
    expect(logitDifferences(LOGITS, [[2, 3]])[0]).toBe(0.25);
    expect(logitDifferences(LOGITS, [[2, 3]], 0)[0]).toBe(0);
    expect([0, 1, 2, 3, 4].map((token) => ranks(LOGITS, [token])[0])).toEqual([2, 4, 0, 1, 3]);
  });

  it("survives logits far out, and minus infinity", () => {
    const far = ndarray([1, 1, 3], Float32Array.of(1000, 998, Number.NEGATIVE_INFINITY));
    expect(probabilities(far, [1])[0]).toBeCloseTo(1 / (1 + Math.exp(2)), 14);
    expect(probabilities(far, [2])[0]).toBe(0);
  });

  it("add up: probabilities to 1, log-probabilities to logit differences", () => {
    fc.assert(
      fc.property(anyRow, (row) => {
        const logits = ndarray([1, 1, row.length], Float32Array.from(row));
        const total = row.reduce(
          (sum, _, token) => sum + (probabilities(logits, [token])[0] ?? 0),
          0,
        );
        expect(total).toBeCloseTo(1, 12);
        const [right = 0, wrong = 0] = [0, 1].map((t) => logProbabilities(logits, [t])[0]);
        expect(logitDifferences(logits, [[0, 1]])[0]).toBeCloseTo(right - wrong, 10);
      }),
    );
  });

  it("say which answer cannot be measured", () => {
    expect(() => probabilities(LOGITS, [5])).toThrow(
      "row 0 asks for token 5; these logits are of a vocabulary of 5",
    );
    expect(() => ranks(LOGITS, [1, 2])).toThrow("2 answers for a batch of 1 rows");
    expect(() => ranks(LOGITS, [1], 2)).toThrow("index 2 is outside axis 1 of shape [1, 2, 5]");
    const broken = ndarray([1, 1, 2], Float32Array.of(0, Number.NaN));
    expect(() => logProbabilities(broken, [0])).toThrow("the logits of row 0 have no softmax");
    expect(() => logitDifferences(broken, [[0, 1]])).toThrow(
      "the logit of token 1 in row 0 is NaN",
    );
    expect(() => ranks(ndarray([2], Float32Array.of(0, 1)), [0])).toThrow("got shape [2]");
  });
});

describe("topTokens", () => {
  it("are the likeliest, in order, lower ids first among equals", () => {
    const top = topTokens(LOGITS, 0, 2);
    expect(top.map(({ token, logit }) => [token, logit])).toEqual([
      [2, 3],
      [3, 2.75],
    ]);
    expect(top[0]?.probability).toBeCloseTo(0.52483867, 8);
    expect(topTokens(LOGITS, 0, 3, 0).map(({ token }) => token)).toEqual([0, 1, 2]);
  });

  it("are the first of all tokens sorted by logit, each at its rank", () => {
    fc.assert(
      fc.property(anyRow, fc.integer({ min: 1, max: 45 }), (row, k) => {
        const logits = ndarray([1, 1, row.length], Float32Array.from(row));
        const order = [...row.keys()].sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0) || a - b);
        const top = topTokens(logits, 0, k).map(({ token }) => token);
        expect(top).toEqual(order.slice(0, k));
        for (const [place, token] of top.entries()) {
          expect(ranks(logits, [token])[0]).toBeLessThanOrEqual(place);
        }
      }),
    );
  });
});

describe("lossPerToken", () => {
  it.each(["standard-ln", "shortformer-none"])("is TransformerLens' on %s", async (model) => {
    const file = new URL(
      `../../test/fixtures/golden/${model}/forward.safetensors`,
      import.meta.url,
    );
    const stored = parseSafetensors(await readFile(file));
    const tensor = (name: string) => {
      const found = stored.get(name);
      if (found === undefined) throw new Error(`no ${name} in the golden file`);
      return found;
    };
    const tokens = { batch: 3, length: 20, ids: readIntegers(tensor("tokens")) };
    const losses = lossPerToken(readFloats(tensor("raw.logits")), tokens);
    const golden = readFloats(tensor("raw.loss_per_token"));
    expect(losses.shape).toEqual(golden.shape);
    for (const [i, loss] of losses.data.entries()) {
      const expected = golden.data[i] ?? Number.NaN;
      expect(Math.abs(loss - expected)).toBeLessThan(1e-5 + 1e-5 * expected);
    }
  });

  it("needs logits at every token", () => {
    const tokens = { batch: 1, length: 3, ids: Int32Array.of(1, 2, 3) };
    expect(() => lossPerToken(LOGITS, tokens)).toThrow("needs logits at all of them");
  });
});

describe("pairMeasures", () => {
  const answerLogits = ndarray([2, 2, 2], Float32Array.of(0, 0, 3, 1, 0, 0, -1, 1));
  const answerLogProbs = ndarray([2, 2, 2], Float32Array.of(0, 0, -1, -3, 0, 0, -4, -2));

  it("are of every row, at the last position read", () => {
    const { pRight, pWrong, logitDiff } = pairMeasures({ answerLogits, answerLogProbs });
    expect([...logitDiff]).toEqual([2, -2]);
    const float32 = (logProb: number) => Math.fround(Math.exp(logProb));
    expect([...pRight]).toEqual([float32(-1), float32(-4)]);
    expect([...pWrong]).toEqual([float32(-3), float32(-2)]);
    expect([...pairMeasures({ answerLogits, answerLogProbs }, 0).logitDiff]).toEqual([0, 0]);
  });

  it("need both outputs, of pairs", () => {
    expect(() => pairMeasures({ answerLogits })).toThrow(
      "answerLogProbs must be [batch, pos, 2], got none",
    );
    const single = ndarray([1, 1, 1], Float32Array.of(0));
    expect(() => pairMeasures({ answerLogits: single, answerLogProbs })).toThrow(
      "answerLogits must be [batch, pos, 2], got shape [1, 1, 1]",
    );
  });
});
