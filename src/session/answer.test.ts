import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { randomModel } from "../../test/random-model.ts";
import { ablate, patch, SMALL, session } from "../../test/session.ts";
import { logitDifferenceDecomposition } from "../circuits/logit-decomposition.ts";
import type { NdArray } from "../engine/ndarray.ts";
import { liveTensors } from "../engine/tensor.ts";
import { parseTokenizer } from "../loading/tokenizer.ts";
import { logitDifferences, probabilities, topTokens } from "../measures/answers.ts";
import { type Estimate, estimate } from "../measures/statistics.ts";
import { HookedTransformer } from "../model/model.ts";
import { answerChange, sessionAnswer } from "./answer.ts";
import { interventionHooks } from "./interventions.ts";
import { Session } from "./session.ts";
import type { SessionSpec } from "./spec.ts";

const source = randomModel({ n_heads: 3 });

const INTERVENED: SessionSpec = {
  ...SMALL,
  interventions: [
    patch("z", 0, 1),
    patch("q", 1, 0),
    patch("pattern", 1, 1, 8),
    ablate("mean", 1, 2),
    ablate("resample", 0, 2),
  ],
};

function expectSame(given: Estimate | undefined, expected: Estimate | undefined): void {
  expect(given?.mean).toBeCloseTo(expected?.mean as number, 4);
  expect(given?.se).toBeCloseTo(expected?.se as number, 4);
  expect(given?.n).toBe(expected?.n);
}

describe("sessionAnswer", () => {
  it.each<[string, SessionSpec]>([
    ["plain", SMALL],
    ["corrupted", { ...SMALL, runs: "corrupted" }],
    ["position-only", { ...SMALL, mode: "position-only" }],
    ["under interventions", INTERVENED],
  ])("%s: is what the library's run says", async (_, spec) => {
    using model = await HookedTransformer.create(source);
    const small = session(model);
    const prompts = small.prompts(spec.prompt);
    const tokens = spec.runs === "clean" ? prompts.clean : prompts.corrupted;
    if (tokens === null || prompts.answers === null) throw new Error("repeated prompts have both");
    const hooks = await interventionHooks(small, spec);
    const ask = { logits: true, positions: [prompts.read], mode: spec.mode, hooks } as const;
    const logits = (await model.run(tokens, ask)).logits as NdArray;
    const before = liveTensors();
    const answer = await sessionAnswer(small, spec, { top: 4 });
    expect(liveTensors()).toBe(before);

    expect(answer).toMatchObject({ n: 6, read: 8 });
    expectSame(answer.logitDifference, estimate(logitDifferences(logits, prompts.answers)));
    const ofToken = Array.from({ length: 11 }, (_, token) =>
      estimate(probabilities(logits, new Array(6).fill(token))),
    );
    const best = ofToken
      .map(({ mean }, token) => ({ mean, token }))
      .sort((a, b) => b.mean - a.mean)
      .slice(0, 4);
    expect(answer.top.map(({ token }) => token)).toEqual(best.map(({ token }) => token));
    expect(answer.top.map(({ text }) => text)).toEqual(best.map(({ token }) => `#${token}`));
    for (const { token, probability } of answer.top) expectSame(probability, ofToken[token]);
    const right = prompts.answers.map(([id]) => id);
    expect(answer.answers).toMatchObject({ from: "prompts", tokens: null, texts: ["B", "D"] });
    expectSame(answer.answers.right, estimate(probabilities(logits, right)));
    const b = answer.byLabel.find(({ label }) => label === "B");
    expectSame(b?.probability, answer.answers.right);
    expect(answer.byLabel.map(({ label }) => label).sort()).toEqual(["A", "B", "C", "D", "X"]);

    const sum = answer.attribution.reduce((total, { estimate }) => total + estimate.mean, 0);
    expect(sum).toBeCloseTo(answer.logitDifference.mean, 4);
  });

  it.each([
    { normalization: "LN" },
    { normalization: "LN", shortformer_pos: true, n_layers: 3 },
    { normalization: null },
  ] as const)("takes the logit difference apart as the library: %o", async (shape) => {
    using model = await HookedTransformer.create(randomModel({ n_heads: 3, ...shape }));
    const small = session(model);
    const { clean, answers, read } = small.prompts(SMALL.prompt);
    const request = { tokens: clean, answers: answers ?? [], position: read };
    const expected = await logitDifferenceDecomposition(model, request);
    const { attribution } = await sessionAnswer(small, SMALL);
    expect(attribution.map(({ source }) => source)).toEqual(expected.sources);
    for (const [i, { estimate }] of attribution.entries()) expectSame(estimate, expected.parts[i]);
  });

  it("takes a part away with the head that wrote it", async () => {
    using model = await HookedTransformer.create(randomModel({ n_heads: 3, normalization: null }));
    const small = session(model);
    const before = await sessionAnswer(small, SMALL);
    const after = await sessionAnswer(small, { ...SMALL, interventions: [ablate("zero", 1, 2)] });
    const part = ({ attribution }: typeof before) =>
      attribution.find(({ source }) => source === "L1H2")?.estimate.mean as number;
    expect(part(after)).toBeCloseTo(0, 10);
    expect(Math.abs(part(before))).toBeGreaterThan(1e-3);
    // Nothing comes after the last layer, so its part is all that goes.
    const change = answerChange(before, after);
    expect(change.mean).toBeCloseTo(-part(before), 4);
    expect(change.n).toBe(6);
  });

  it("gives one prompt of the batch as it is in it", async () => {
    using model = await HookedTransformer.create(source);
    const small = session(model);
    const { clean, read } = small.prompts(SMALL.prompt);
    const all = await sessionAnswer(small, INTERVENED);
    const one = await sessionAnswer(small, INTERVENED, { prompt: 4 });
    expect(one.n).toBe(1);
    expect(one.logitDifference.mean).toBeCloseTo(all.logitDifferences[4] as number, 4);
    const plain = await sessionAnswer(small, SMALL, { prompt: 4, top: 3 });
    const { logits } = await model.run(clean, { logits: true, positions: [read] });
    const expected = topTokens(logits as NdArray, 4, 3);
    expect(plain.top.map(({ token }) => token)).toEqual(expected.map(({ token }) => token));
    for (const [i, { probability }] of plain.top.entries()) {
      expect(probability.mean).toBeCloseTo(expected[i]?.probability as number, 5);
    }
  });

  it("compares the tokens of the spec, or else the likeliest of the run as it is", async () => {
    using model = await HookedTransformer.create(source);
    const small = session(model);
    const named = await sessionAnswer(small, { ...SMALL, answers: [3, 7] });
    expect(named.answers).toMatchObject({ from: "spec", tokens: [3, 7], texts: ["#3", "#7"] });
    await expect(sessionAnswer(small, { ...SMALL, answers: [3, 11] })).rejects.toThrow(
      /answers\.1 is 11.*0 to 10/,
    );

    const prompt = { kind: "pattern", pattern: "BOS A B #4 A", batch: 1, seed: 0 } as const;
    const plain = await sessionAnswer(small, { ...SMALL, prompt });
    const [first, second] = plain.top;
    expect(plain.answers).toMatchObject({
      from: "likeliest",
      tokens: [first?.token, second?.token],
    });
    const interventions = [ablate("zero", 1, 0), ablate("zero", 1, 1), ablate("zero", 1, 2)];
    const ablated = await sessionAnswer(small, { ...SMALL, prompt, interventions });
    expect(ablated.top.map(({ token }) => token)).not.toEqual(plain.top.map(({ token }) => token));
    expect(ablated.answers.tokens).toEqual(plain.answers.tokens);
  });

  it("reads text, and says tokens as text", async () => {
    using model = await HookedTransformer.create(randomModel({ d_vocab: 4096 }));
    const path = new URL("../../models/standard-2l/tokenizer.json", import.meta.url);
    const tokenizer = parseTokenizer(JSON.parse(readFileSync(path, "utf8")));
    const spoken = new Session(model, tokenizer, 0);
    const prompt = { kind: "text", text: "the cat sat", corrupted: "the dog sat" } as const;
    const answer = await sessionAnswer(spoken, { ...SMALL, prompt });
    expect(answer.byLabel).toEqual([]);
    for (const { token, text } of answer.top) expect(text).toBe(tokenizer.tokenText(token));
  });
});
