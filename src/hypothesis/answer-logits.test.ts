import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectNear, meanOf, plainScores } from "../../test/hypothesis.ts";
import { randomModel } from "../../test/random-model.ts";
import { liveTensors } from "../engine/tensor.ts";
import { runOptions } from "../experiments/context.ts";
import { HookedTransformer } from "../model/model.ts";
import type { HookEntry } from "../model/run-options.ts";
import { tokenRow } from "../model/tokens.ts";
import type { AnsweredPrompts, AnswerPair } from "../prompts/prompt.ts";
import { repeatedPrompts } from "../prompts/repeated.ts";
import { answerLogits, bothWays, checkLengths, repeatedSpec } from "./answer-logits.ts";
import { CIRCUIT_ROLES, forEach, type HypothesisContext, partOf } from "./context.ts";

const source = randomModel({ d_vocab: 40 });
const LENGTH = 4;
let context: HypothesisContext;

beforeAll(async () => {
  const model = await HookedTransformer.create(source);
  context = { model, bos: 3, circuit: { previousToken: [], lookBack: [], induction: [] } };
});
afterAll(() => context.model.dispose());

/** `A X1 X2 B C X1 X2 D`, then the first or the second sequence again. */
function asked(batch: number): { first: AnsweredPrompts; second: AnsweredPrompts } {
  const spec = { length: LENGTH, batch, seed: 5 };
  const first = repeatedPrompts(repeatedSpec(context, spec));
  const ids = Int32Array.from(first.tokens.ids);
  const answers = Array.from({ length: batch }, (_, row): AnswerPair => {
    const of = tokenRow(first.tokens, row);
    ids[row * first.tokens.length + 2 * LENGTH + 1] = of[LENGTH + 1] as number;
    return [of[2 * LENGTH] as number, of[LENGTH] as number];
  });
  return { first, second: { ...first, tokens: { ...first.tokens, ids }, answers } };
}

/** In one batch, from the logits of the whole vocabulary. */
async function whole(prompts: AnsweredPrompts, hooks: readonly HookEntry[]): Promise<number[]> {
  const { logits } = await context.model.run(prompts.tokens, {
    logits: true,
    positions: [prompts.read],
    hooks,
    chunkRows: prompts.tokens.batch,
  });
  const d_vocab = source.config.d_vocab;
  return prompts.answers.map(([right, wrong], row) => {
    const at = (token: number) => logits?.data[row * d_vocab + token] ?? Number.NaN;
    return at(right) - at(wrong);
  });
}

const HOOKS: readonly HookEntry[] = [
  ["blocks.0.attn.hook_pattern", (pattern) => pattern.mul(0.5)],
  ["blocks.1.attn.hook_z", (z) => z.mul(2)],
];

describe("bothWays", () => {
  it("is what plain loops give, asked about either sequence", async () => {
    const { first, second, corrected } = await bothWays(context, {
      length: LENGTH,
      batch: 7,
      seed: 5,
    });
    const expected = [plainScores(source, asked(7).first), plainScores(source, asked(7).second)];
    expectNear(first, expected[0] ?? [], "first");
    expectNear(second, expected[1] ?? [], "second");
    expectNear(corrected, meanOf(...expected), "corrected");
  });

  // 400 prompts are more than a chunk holds, and the last chunk is not a full one.
  it.each([
    ["without hooks", [], 7],
    ["with hooks", HOOKS, 7],
    ["without hooks, in chunks", [], 400],
    ["with hooks, in chunks", HOOKS, 400],
  ] as const)("%s, is what one run gives", async (_, hooks, batch) => {
    const before = liveTensors();
    const given = await bothWays(context, { length: LENGTH, batch, seed: 5 }, hooks);
    expect(liveTensors()).toBe(before);
    const prompts = asked(batch);
    expectNear(given.first, await whole(prompts.first, hooks), "first");
    expectNear(given.second, await whole(prompts.second, hooks), "second");
  });

  it("tells how far it has come, and stops", async () => {
    const shares: number[] = [];
    const spec = { length: LENGTH, batch: 400, seed: 5 };
    await bothWays({ ...context, onProgress: (share) => shares.push(share) }, spec);
    expect(shares.length).toBeGreaterThan(2);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
    const before = liveTensors();
    const controller = new AbortController();
    const stopped = bothWays(
      { ...context, signal: controller.signal, onProgress: () => controller.abort() },
      spec,
    );
    await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
    expect(liveTensors()).toBe(before);
  });
});

describe("answerLogits", () => {
  it("needs no token behind the one that is read", async () => {
    const { first } = asked(3);
    const without = await answerLogits(context, first);
    const ids = Int32Array.from(first.tokens.ids, (id, i) =>
      i % first.tokens.length > first.read ? 39 - id : id,
    );
    expect(await answerLogits(context, { ...first, tokens: { ...first.tokens, ids } })).toEqual(
      without,
    );
  });
});

describe("checkLengths", () => {
  it("allows what fits, and names the longest that does", async () => {
    // 16 tokens: BOS and three copies of 5.
    expect(() => checkLengths(context, "lengths", [2, 5])).not.toThrow();
    expect(() => checkLengths(context, "lengths", [2, 6])).toThrow(
      "lengths: length 6 makes prompts of 19 tokens, and this model's context is 16; the longest that fits is 5",
    );
    await expect(bothWays(context, { length: 5, batch: 2, seed: 0 })).resolves.toBeDefined();
  });
});

describe("a context", () => {
  it("gives parts their share of the progress", async () => {
    const shares: number[] = [];
    const whole = { ...context, onProgress: (share: number) => void shares.push(share) };
    await forEach(partOf(whole, [0.5, 1]), CIRCUIT_ROLES.slice(0, 2), async (part) => {
      runOptions(part).onProgress?.(1, 2);
    });
    expect(shares).toEqual([0.625, 0.75, 0.875, 1]);
    expect(runOptions(context)).toEqual({});
  });
});
