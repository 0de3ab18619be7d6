import { describe, expect, it } from "vitest";
import { randomModel, randomTokens } from "../../test/random-model.ts";
import { zeros } from "../engine/tensor.ts";
import { planRun } from "./plan.ts";
import type { RunOptions } from "./run-options.ts";

const { config } = randomModel({ n_layers: 3 });
const tokens = randomTokens(config, 2, 5);
const plan = (options: RunOptions) => planRun(config, tokens, options);
const nothing = () => undefined;
const residual = { shape: [2, 5, 8], data: new Float32Array(80) };

describe("planRun", () => {
  it("asks for the last position's logits when it is asked for nothing", () => {
    expect(plan({})).toMatchObject({ logits: true, readsOut: true, positions: [4], endLayer: 3 });
  });

  it("computes no logits that nobody asked for", () => {
    expect(plan({ names: ["blocks.0.attn.hook_z"] })).toMatchObject({ logits: false, endLayer: 1 });
    expect(plan({ names: ["hook_embed"] })).toMatchObject({ readsOut: false, endLayer: 0 });
    expect(plan({ stopAt: 2 })).toMatchObject({ logits: false, readsOut: false, endLayer: 2 });
    expect(plan({ answers: [[1], [2]] })).toMatchObject({ logits: false, readsOut: true });
    expect(plan({ hooks: [["blocks.1.hook_resid_pre", nothing]] })).toMatchObject({
      logits: true,
      endLayer: 3,
    });
  });

  it("lets the last layer attend from the positions that are read, unless somebody looks", () => {
    const attends = (options: RunOptions) =>
      plan({ logits: true, ...options }).lastLayerAtPositions;
    expect(attends({})).toBe(true);
    expect(attends({ answers: [[1], [2]] })).toBe(true);
    expect(attends({ names: ["blocks.1.attn.hook_pattern", "blocks.2.hook_resid_pre"] })).toBe(
      true,
    );
    expect(attends({ hooks: [["blocks.2.ln1.hook_scale", nothing]] })).toBe(true);
    for (const hook of ["q", "k", "v", "attn_scores", "pattern", "z"]) {
      expect(attends({ names: [`blocks.2.attn.hook_${hook}`] }), hook).toBe(false);
    }
    expect(attends({ hooks: [["blocks.2.hook_attn_out", nothing]] })).toBe(false);
    expect(attends({ names: ["ln_final.hook_scale"] })).toBe(false);
    expect(attends({ lossPerToken: true })).toBe(false);
    expect(attends({ positions: "all" })).toBe(false);
  });

  it("looks at names where it was told to", () => {
    const attends = (names: string[], options: RunOptions = {}) =>
      plan({ names, namesAt: "positions", ...options }).lastLayerAtPositions;
    expect(attends(["blocks.2.attn.hook_pattern", "blocks.2.attn.hook_z"])).toBe(true);
    expect(attends(["ln_final.hook_scale", "unembed.hook_in"])).toBe(true);
    expect(attends(["blocks.2.attn.hook_k"])).toBe(false);
    expect(attends(["blocks.2.attn.hook_attn_scores"])).toBe(false);
    const hooks = [["blocks.2.attn.hook_z", nothing]] as const;
    expect(attends(["blocks.2.attn.hook_z"], { hooks })).toBe(false);
  });

  it.each([
    [undefined, [4]],
    ["last", [4]],
    ["all", [0, 1, 2, 3, 4]],
    [
      [0, 3],
      [0, 3],
    ],
    [
      [-1, -5, 2, 2],
      [4, 0, 2, 2],
    ],
  ] as const)("reads out %j at %j", (positions, expected) => {
    expect(plan({ ...(positions && { positions }), logits: true }).positions).toEqual(expected);
  });

  it("reads out where it was told, whatever else is asked", () => {
    expect(plan({ logits: true, lossPerToken: true }).positions).toEqual([4]);
    expect(plan({ logits: true, names: ["*"], positions: [1] }).positions).toEqual([1]);
  });

  it.each<[string, RunOptions, string]>([
    ["bad-spec", { positions: [5] }, "positions: 5 is outside prompts of 5 tokens"],
    ["bad-spec", { positions: [-6] }, "positions: -6 is outside"],
    ["bad-spec", { positions: [0.5] }, "positions: 0.5"],
    ["bad-spec", { positions: [] }, "positions: need at least one"],
    ["bad-shape", { answers: [[1]] }, "answers: 1 rows for 2 prompts"],
    ["bad-shape", { answers: [[1], [1, 2]] }, "answers: row 1 names 2 tokens and row 0 names 1"],
    ["bad-shape", { answers: [[], []] }, "at least one"],
    ["token-out-of-range", { answers: [[1], [11]] }, "answers: row 1 holds 11"],
    ["token-out-of-range", { answers: [[-1], [1]] }, "answers: row 0 holds -1"],
    ["token-out-of-range", { answers: [[0.5], [1]] }, "answers: row 0 holds 0.5"],
    ["bad-spec", { answerLogProbs: true }, "answerLogProbs: of which answers?"],
    ["unknown-hook", { names: ["blocks.3.attn.hook_z"] }, "this model has 3 layers"],
    ["unknown-hook", { hooks: [["blocks.0.attn.hook_w", nothing]] }, "did you mean"],
    ["bad-spec", { positions: 2 as never }, 'positions: 2 is no list; give [2], "last" or "all"'],
    [
      "bad-spec",
      { positions: "first" as never },
      'positions: "first" is no list; give [-1], "last"',
    ],
    ["bad-spec", { names: "blocks.0.attn.hook_z" as never }, 'give ["blocks.0.attn.hook_z"]'],
    [
      "bad-spec",
      { names: [["pattern", 1]] as never },
      'names: ["pattern",1] is no hook name; did you mean "blocks.1.attn.hook_pattern"?',
    ],
    [
      "bad-spec",
      { hooks: ["blocks.0.attn.hook_z", nothing] as never },
      "hooks: entry 0 is no pair",
    ],
    ["bad-spec", { hooks: { hook_embed: nothing } as never }, "hooks: entry 0 is no pair"],
    ["bad-shape", { answers: [5, 6] as never }, "answers: row 0 is 5; each prompt needs a list"],
    ["bad-spec", { mode: "positions-only" as "total" }, 'did you mean "position-only"?'],
    ["bad-spec", { namesAt: "last" as "all" }, 'namesAt: "last" is not one of all, positions'],
    ["unknown-layer", { stopAt: 3 }, "stopAt: no layer 3; this model has layers 0 to 2"],
    ["unknown-layer", { stopAt: -1 }, "stopAt: no layer -1"],
    ["unknown-layer", { startAt: { layer: 3, residual } }, "startAt: no layer 3"],
    ["bad-spec", { stopAt: 1, logits: true }, "stopAt: a run that stops before layer 1"],
    ["bad-spec", { stopAt: 1, names: ["unembed.hook_in"] }, "stopAt"],
    ["bad-spec", { startAt: { layer: 2, residual }, stopAt: 1 }, "before layer 2"],
    [
      "unused-hook",
      { stopAt: 1, names: ["blocks.1.attn.hook_z"] },
      'hook "blocks.1.attn.hook_z" is never passed: this run goes from the embeddings to the entry of layer 1',
    ],
    [
      "unused-hook",
      { startAt: { layer: 1, residual }, hooks: [["blocks.0.hook_resid_pre", () => zeros([])]] },
      "from the entry of layer 1 to the logits",
    ],
    ["unused-hook", { startAt: { layer: 1, residual }, names: ["hook_embed"] }, "never passed"],
    ["unused-hook", { startAt: { layer: 0, residual }, names: ["hook_pos_embed"] }, "never passed"],
    ["unused-hook", { startAt: { layer: 1, residual }, names: ["*"] }, "never passed"],
  ])("refuses with %s: %j", (code, options, message) => {
    expect(() => plan(options)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });

  it("has no loss for prompts of one token", () => {
    expect(() => planRun(config, randomTokens(config, 2, 1), { lossPerToken: true })).toThrow(
      expect.objectContaining({ code: "bad-spec" }),
    );
  });
});
