/** Path patching against a transformer in plain loops, and against what it must sum up to. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  expectNear,
  less,
  mean,
  type PlainChange,
  plainRuns,
  plainScores,
} from "../../test/hypothesis.ts";
import { randomModel, randomTokens } from "../../test/random-model.ts";
import { liveTensors } from "../engine/tensor.ts";
import { HookedTransformer } from "../model/model.ts";
import type { AnswerPair } from "../prompts/prompt.ts";
import {
  allReceivers,
  allSenders,
  isEdge,
  parseReceivers,
  parseSenders,
  receiverLabel,
  senderLabel,
} from "./edges.ts";
import { activationPatch } from "./patch.ts";
import { type PathRequest, patchRewired, pathPatch } from "./path.ts";

const source = randomModel({ n_layers: 3 });
const { config } = source;
const LENGTH = 5;
const clean = randomTokens(config, 4, LENGTH, 2);
const corrupted = randomTokens(config, 4, LENGTH, 3);
const answers: AnswerPair[] = [[1, 2], [3, 4], [9, 0], [5, 6]]; // biome-ignore format: pairs
const pair = { clean, corrupted, answers };

let model: HookedTransformer;
beforeAll(async () => {
  model = await HookedTransformer.create(source);
});
afterAll(() => model.dispose());

const from = (label: string) => parseSenders(label, config);
const to = (label: string) => parseReceivers(label, config);
const each = (label: string) => to(label).map((receiver) => [receiver]);

/** By plain loops: where 0 is the corrupted run and 1 the clean one. */
function plainEffect(
  change: Omit<PlainChange, "from">,
  read = LENGTH - 1,
  direction: "denoise" | "noise" = "denoise",
): number {
  const question = (tokens: typeof clean) => ({ tokens, answers, read });
  const [into, other] = direction === "denoise" ? [corrupted, clean] : [clean, corrupted];
  const patched = plainScores(source, question(into), {
    ...change,
    from: plainRuns(source, other, read),
  });
  const base = plainScores(source, question(corrupted));
  const way = mean(less(plainScores(source, question(clean)), base));
  return mean(less(patched, base)) / way;
}

describe("pathPatch", () => {
  it("is null where the receiver cannot see the sender, and what plain loops give elsewhere", async () => {
    const request = { ...pair, from: [...from("L1"), ...from("embed")], to: each("all") };
    const before = liveTensors();
    const { effects } = await pathPatch(model, request);
    expect(liveTensors()).toBe(before);
    for (const [i, sender] of request.from.entries()) {
      for (const [j, [receiver]] of request.to.entries()) {
        if (receiver === undefined) throw new Error("no receiver");
        const given = effects[i]?.[j];
        const label = `${senderLabel(sender)} ${receiverLabel(receiver)}`;
        if (!isEdge({ from: sender, to: receiver }, config)) {
          expect(given, label).toBeNull();
          continue;
        }
        expect(given, label).toHaveLength(1);
        expectNear([given?.[0]?.mean ?? Number.NaN], [plainEffect({ edges: [label] })], label);
      }
    }
  });

  it.each([4, 2, -4])("patches each position up to the one that is read, %i", async (read) => {
    const last = read < 0 ? read + LENGTH : read;
    const { effects } = await pathPatch(model, {
      ...pair,
      read,
      from: from("L0H1"),
      to: each("L1H0"),
      positions: "each",
    });
    for (const [j, input] of ["q", "k", "v"].entries()) {
      const given = effects[0]?.[j]?.map((effect) => effect.mean) ?? [];
      const expected = Array.from({ length: last + 1 }, (_, position) =>
        plainEffect({ edges: [`L0H1 L1H0.${input}`], positions: [position] }, last),
      );
      expectNear(given, expected, input);
    }
  });

  it("patches some positions together", async () => {
    const positions = [0, 3];
    const { effects } = await pathPatch(model, {
      ...pair,
      from: from("L0H0"),
      to: each("L2H1"),
      positions,
    });
    for (const [j, input] of ["q", "k", "v"].entries()) {
      const expected = plainEffect({ edges: [`L0H0 L2H1.${input}`], positions });
      expectNear([effects[0]?.[j]?.[0]?.mean ?? Number.NaN], [expected], input);
    }
  });

  it("patches receivers of one list together", async () => {
    const group = [...to("L1.k"), ...to("L2H0.q"), ...to("logits")];
    const { effects } = await pathPatch(model, { ...pair, from: from("L0"), to: [group] });
    for (const [i, sender] of ["L0H0", "L0H1"].entries()) {
      const edges = group.map((receiver) => `${sender} ${receiverLabel(receiver)}`);
      expectNear([effects[i]?.[0]?.[0]?.mean ?? Number.NaN], [plainEffect({ edges })], sender);
    }
    // Of a list, a sender reaches what comes after it.
    const { effects: later } = await pathPatch(model, { ...pair, from: from("L1H0"), to: [group] });
    const seen = ["L1H0 L2H0.q", "L1H0 logits"];
    expectNear([later[0]?.[0]?.[0]?.mean ?? Number.NaN], [plainEffect({ edges: seen })], "later");
  });

  it("patches the same receiver once, however often it is named", async () => {
    const [once, twice] = await Promise.all(
      [to("L1H0.q"), [...to("L1H0.q"), ...to("L1.q"), ...to("L1H0.q")]].map((group) =>
        pathPatch(model, { ...pair, from: from("L0H0"), to: [group, to("L1.q"), to("L1H0.q")] }),
      ),
    );
    expect(twice?.effects[0]?.[0]).toEqual(once?.effects[0]?.[1]);
    expect(once?.effects[0]?.[0]).toEqual(once?.effects[0]?.[2]);
  });

  it("patches the head where every path out of it is patched", async () => {
    const { normalised } = await activationPatch(model, { ...pair, component: "z", by: "head" });
    const { effects } = await pathPatch(model, {
      ...pair,
      from: from("all").filter(({ kind }) => kind === "head"),
      to: [to("all")],
    });
    const given = effects.map((row) => row[0]?.[0]?.mean ?? Number.NaN);
    expectNear(given, normalised.flat());
  });

  it("puts corrupted outputs into the clean run, the other way round", async () => {
    const direction = "noise" as const;
    const request = { ...pair, direction, from: from("L0"), to: each("L1H1") };
    const { effects } = await pathPatch(model, request);
    const denoised = await pathPatch(model, { ...request, direction: "denoise" });
    for (const [i, sender] of ["L0H0", "L0H1"].entries()) {
      for (const [j, input] of ["q", "k", "v"].entries()) {
        const expected = plainEffect({ edges: [`${sender} L1H1.${input}`] }, 4, "noise");
        expectNear([effects[i]?.[j]?.[0]?.mean ?? Number.NaN], [expected], sender + input);
        expect(effects[i]?.[j]?.[0]?.mean).not.toBeCloseTo(
          denoised.effects[i]?.[j]?.[0]?.mean ?? 0,
          3,
        );
      }
    }
  });

  it("has the means of both runs, and is plain JSON", async () => {
    const result = await pathPatch(model, { ...pair, from: from("L0H0"), to: each("logits") });
    const question = { answers, read: LENGTH - 1 };
    const means = [clean, corrupted].map((tokens) =>
      mean(plainScores(source, { ...question, tokens })),
    );
    expectNear([result.clean.mean, result.corrupted.mean], means);
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  it.each([
    [{ to: each("L0") }, "bad-spec", "no path: none of the receivers sees any of the senders"],
    [{ read: 5 }, "bad-spec", "read: 5 is outside prompts of 5 tokens"],
    [{ read: -6 }, "bad-spec", "read: -6 is outside prompts of 5 tokens"],
    [{ read: -6, positions: "each" }, "bad-spec", "read: -6 is outside prompts of 5 tokens"],
    [{ read: 0.5, positions: "each" }, "bad-spec", "read: 0.5 is outside prompts of 5 tokens"],
    [{ positions: [5] }, "bad-spec", "positions: 5 is not one of 0 to 4"],
    [{ read: 2, positions: [3] }, "bad-spec", "positions: 3 is not one of 0 to 2"],
    [{ positions: [] }, "bad-spec", "positions: none given"],
    [{ corrupted: clean }, "bad-spec", "the same up to position 4, where the answer is read"],
    [{ direction: "noising" as "noise" }, "bad-spec", 'direction: "noising" is not one of'],
    [{ corrupted: randomTokens(config, 4, 4) }, "bad-shape", "must pair up"],
    [{ answers: answers.slice(1) }, "bad-shape", ""],
  ] as const)("says what is wrong (%#)", async (change, code, message) => {
    const request: PathRequest = { ...pair, from: from("L0H0"), to: each("L1H0"), ...change };
    await expect(pathPatch(model, request)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  it("tells how far it has come, and stops", async () => {
    const done: number[][] = [];
    const request = { ...pair, from: from("L0"), to: each("L1") };
    await pathPatch(model, { ...request, onProgress: (...of) => done.push(of) });
    expect(done.at(-1)).toEqual([12, 12]);
    const before = liveTensors();
    const stopped = pathPatch(model, { ...request, signal: AbortSignal.abort() });
    await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
    expect(liveTensors()).toBe(before);
  });
});

describe("patchRewired", () => {
  it("is the other run where every edge is patched, whichever way", async () => {
    const edges = allSenders(config).flatMap((sender) =>
      allReceivers(config)
        .map((receiver) => ({ from: sender, to: receiver }))
        .filter((edge) => isEdge(edge, config)),
    );
    const request = { ...pair, rewirings: [{ edges }] };
    const denoised = await patchRewired(model, request);
    expectNear(denoised.patched[0] ?? [], denoised.clean, "denoise");
    const noised = await patchRewired(model, { ...request, direction: "noise" });
    expectNear(noised.patched[0] ?? [], noised.corrupted, "noise");
    expectNear(noised.clean, denoised.clean);
    expectNear(noised.corrupted, denoised.corrupted);
  });
});
