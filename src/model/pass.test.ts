/** @file Hooks: what people write, and what becomes of what they get wrong. */

import { describe, expect, it } from "vitest";
import { randomModel, randomTokens } from "../../test/random-model.ts";
import { scoped } from "../engine/scope.ts";
import { liveTensors, type Tensor, tensor, zeros } from "../engine/tensor.ts";
import { deviceTensors } from "./device-weights.ts";
import { hookNames } from "./hooks.ts";
import { HookedTransformer } from "./model.ts";
import type { Hook, HookContext, HookEntry } from "./run-options.ts";
import { batchRows } from "./tokens.ts";

const source = randomModel({ n_layers: 3 });
const tokens = randomTokens(source.config, 4, 6);

/** A hook as plain JavaScript may have it, where no compiler stands in the way. */
const untyped = (hook: (...args: never[]) => unknown) => hook as unknown as Hook;

describe("a hook", () => {
  it("that only looks sees every point of the run, in order, and changes nothing", async () => {
    using model = await HookedTransformer.create(source);
    const seen: HookContext[] = [];
    const look: Hook = (value, context) => {
      seen.push(context);
      expect(value.shape[0]).toBe(4);
      return undefined;
    };
    const hooked = await model.run(tokens, { hooks: [["*", look]], positions: "all" });
    expect(seen.map(({ name }) => name)).toEqual(hookNames(model.config));
    for (const context of seen) {
      expect(context.tokens).toEqual(tokens);
      expect(context.rows).toEqual([0, 4]);
    }
    expect(hooked.logits).toEqual((await model.run(tokens, { positions: "all" })).logits);
  });

  it("that returns what it was given, or nothing, changes nothing", async () => {
    using model = await HookedTransformer.create(source);
    const { logits } = await model.run(tokens, { positions: "all" });
    const same: Hook = (value) => value;
    const given = await model.run(tokens, { hooks: [["*", same]], positions: "all" });
    expect(given.logits).toEqual(logits);
  });

  it("replaces an activation for everything behind it", async () => {
    using model = await HookedTransformer.create(source);
    const other = randomTokens(source.config, 4, 6, 9);
    const { activations, logits } = await model.run(other, {
      names: ["blocks.1.hook_resid_pre"],
      logits: true,
      positions: "all",
    });
    const stream = activations.get("blocks.1.hook_resid_pre");
    const replaced = await model.run(tokens, {
      hooks: [["blocks.1.hook_resid_pre", () => tensor(stream)]],
      names: ["blocks.0.hook_resid_post", "blocks.1.hook_resid_pre"],
      logits: true,
      positions: "all",
    });
    expect(replaced.logits).toEqual(logits);
    expect(replaced.activations.get("blocks.1.hook_resid_pre")).toEqual(stream);
    const before = await model.run(tokens, { names: ["blocks.0.hook_resid_post"] });
    expect(replaced.activations.get("blocks.0.hook_resid_post")).toEqual(
      before.activations.get("blocks.0.hook_resid_post"),
    );
  });

  it("takes part with others on the same point in the order given", async () => {
    using model = await HookedTransformer.create(source);
    const name = "blocks.2.attn.hook_z";
    const hooks: HookEntry[] = [
      [name, (z) => z.mul(0).add(3)],
      ["blocks.*.attn.hook_z", (z, context) => (context.name === name ? z.mul(2) : undefined)],
      [name, (z) => z.add(1)],
    ];
    const { activations } = await model.run(tokens, { hooks, names: [name] });
    expect(new Set(activations.get(name).data)).toEqual(new Set([7]));
  });

  it("can change logits, and the answers and losses that follow from them", async () => {
    using model = await HookedTransformer.create(source);
    const hooks: HookEntry[] = [["unembed.hook_out", (logits) => logits.mul(0)]];
    const answers = [[1], [2], [3], [4]];
    const given = await model.run(tokens, {
      hooks,
      answers,
      answerLogProbs: true,
      lossPerToken: true,
      logits: true,
    });
    expect(given.logits?.data.every((x) => x === 0)).toBe(true);
    expect(given.answerLogits?.data.every((x) => x === 0)).toBe(true);
    for (const x of given.answerLogProbs?.data ?? []) expect(x).toBeCloseTo(-Math.log(11), 5);
    for (const x of given.lossPerToken?.data ?? []) expect(x).toBeCloseTo(Math.log(11), 5);
  });

  it("sees all rows at once unless chunks were asked for, and then which they are", async () => {
    using model = await HookedTransformer.create(source);
    const seen: HookContext[] = [];
    const look: Hook = (value, context) => {
      expect(value.shape[0]).toBe(context.rows[1] - context.rows[0]);
      seen.push(context);
      return undefined;
    };
    await model.run(tokens, { hooks: [["hook_embed", look]], chunkRows: 3 });
    expect(seen.map(({ rows }) => rows)).toEqual([
      [0, 3],
      [3, 4],
    ]);
    expect(seen[1]?.tokens).toEqual(batchRows(tokens, 3, 4));
  });

  it("may keep a tensor and read it after the run", async () => {
    using model = await HookedTransformer.create(source);
    const base = liveTensors();
    let kept: Tensor | undefined;
    const { activations } = await model.run(tokens, {
      names: ["blocks.1.attn.hook_pattern"],
      hooks: [
        [
          "blocks.1.attn.hook_pattern",
          (pattern) => {
            kept = pattern.slice(0).keep();
            return undefined;
          },
        ],
      ],
    });
    expect(liveTensors()).toBe(base + 1);
    const pattern = activations.get("blocks.1.attn.hook_pattern");
    expect((await kept?.read())?.data).toEqual(pattern.data.subarray(0, 2 * 6 * 6));
    kept?.free();
    expect(liveTensors()).toBe(base);
  });

  it("may return a tensor that somebody else owns, which is not freed with the run", async () => {
    using model = await HookedTransformer.create(source);
    const base = liveTensors();
    const mine = scoped(() => zeros([4, 6, 8]));
    for (const namesAt of ["all", "positions", "all"] as const) {
      const { activations } = await model.run(tokens, {
        names: ["blocks.2.hook_resid_pre"],
        namesAt,
        positions: "all",
        hooks: [["blocks.2.hook_resid_pre", () => mine]],
      });
      expect(activations.get("blocks.2.hook_resid_pre").data.every((x) => x === 0)).toBe(true);
    }
    expect(liveTensors()).toBe(base + 1);
    mine.free();
  });
});

describe("a wrong hook", () => {
  const name = "blocks.1.attn.hook_z";
  let escaped: Tensor | undefined;

  it.each<[string, string, Hook, string]>([
    [
      "returns another shape",
      "bad-shape",
      (z) => z.sum(0, true),
      `the hook on "${name}" returned shape [1, 6, 2, 4] in place of [4, 6, 2, 4]`,
    ],
    [
      "is asynchronous",
      "bad-shape",
      untyped(async (z: Tensor) => z),
      `the hook on "${name}" returned a promise; hooks are synchronous: keep() the tensor`,
    ],
    [
      "returns numbers",
      "bad-shape",
      untyped(() => 0),
      `the hook on "${name}" returned number; return a tensor, or nothing`,
    ],
    ["returns null", "bad-shape", untyped(() => null), "return a tensor, or nothing"],
    ["slices out of range", "bad-shape", (z) => z.slice([0, 9]), "slice 0 to 9 is outside axis 0"],
    [
      "uses a tensor of another run",
      "freed-tensor",
      (z) => {
        const before = escaped;
        escaped = z;
        return before ?? z;
      },
      "tensor [4, 6, 2, 4] was freed with its run; call .keep()",
    ],
  ])(
    "that %s is an error that says so, and nothing is left behind",
    async (_, code, hook, says) => {
      using model = await HookedTransformer.create(source);
      const base = liveTensors();
      const twice = async () => {
        await model.run(tokens, { hooks: [[name, hook]] });
        await model.run(tokens, { hooks: [[name, hook]] });
      };
      await expect(twice()).rejects.toMatchObject({
        code,
        message: expect.stringContaining(says),
      });
      expect(liveTensors()).toBe(base);
      const answer = await model.run(tokens);
      expect(answer.logits?.shape, "the model still runs").toEqual([4, 1, 11]);
    },
  );

  it("that computes with shapes that do not fit is told where, and by which operation", async () => {
    using model = await HookedTransformer.create(source);
    const base = liveTensors();
    const hooks: HookEntry[] = [["blocks.1.attn.hook_z", (z) => z.reshape(1, 4, 128)]];
    await expect(model.run(tokens, { hooks })).rejects.toMatchObject({
      code: "bad-shape",
      message: expect.stringContaining(
        'in the hook on "blocks.1.attn.hook_z" [4, 6, 2, 4]: reshape of [4, 6, 2, 4] to [1, 4, 128] is not possible: ',
      ),
      details: { name: "blocks.1.attn.hook_z", operation: "reshape" },
    });
    expect(liveTensors()).toBe(base);
  });

  it("that throws an error of its own is heard as it is", async () => {
    using model = await HookedTransformer.create(source);
    const own = new Error("mine");
    const hooks: HookEntry[] = [["blocks.1.attn.hook_z", () => { throw own; }]]; // biome-ignore format: one line
    await expect(model.run(tokens, { hooks })).rejects.toBe(own);
  });

  it("on no hook point is an error with the nearest name", async () => {
    using model = await HookedTransformer.create(source);
    const wrong = { hooks: [["blocks.3.attn.hook_z", (z) => z]] satisfies HookEntry[] };
    await expect(model.run(tokens, wrong)).rejects.toMatchObject({
      code: "unknown-hook",
      message:
        'unknown hook "blocks.3.attn.hook_z": this model has 3 layers; did you mean "blocks.2.attn.hook_z"?',
    });
  });

  it("on a point that the run does not pass is an error", async () => {
    using model = await HookedTransformer.create(source);
    const { residual } = await model.run(tokens, { stopAt: 1 });
    if (residual === undefined) throw new Error("no residual");
    const hooks: HookEntry[] = [["blocks.0.attn.hook_z", (z) => z]];
    await expect(
      model.run(tokens, { hooks, startAt: { layer: 1, residual } }),
    ).rejects.toMatchObject({ code: "unused-hook" });
    await expect(model.run(tokens, { hooks, stopAt: 0 })).rejects.toMatchObject({
      code: "unused-hook",
    });
  });

  it("that makes NaN is an error wherever NaN comes out", async () => {
    using model = await HookedTransformer.create(source);
    const base = liveTensors();
    const hooks: HookEntry[] = [[name, (z) => z.mul(Number.NaN)]];
    for (const options of [
      {},
      { names: ["blocks.1.hook_attn_out"] },
      { answers: [[1], [2], [3], [4]] },
      { answers: [[1], [2], [3], [4]], answerLogProbs: true },
      { lossPerToken: true },
    ]) {
      await expect(model.run(tokens, { ...options, hooks })).rejects.toMatchObject({
        code: "not-finite",
        message: expect.stringContaining("holds NaN at element 0"),
      });
    }
    expect(liveTensors()).toBe(base);
  });
});

describe("the weights", () => {
  it("are held by nobody after runs of every kind, so that they can be freed", async () => {
    using model = await HookedTransformer.create(source);
    await model.run(tokens, { names: ["*"], logits: true, lossPerToken: true });
    await model.run(tokens, { answers: [[1], [2], [3], [4]], answerLogProbs: true });
    const wrong: Hook = (z) => z.slice([0, 9]);
    await model.run(tokens, { hooks: [["blocks.2.attn.hook_z", wrong]] }).catch(() => undefined);
    for (const weight of deviceTensors(model.weights)) {
      const array = weight.array;
      expect(array.refCount, "its own, and that of this look").toBe(2);
      array.dispose();
    }
  });
});
