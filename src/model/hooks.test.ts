import { describe, expect, it } from "vitest";
import { randomModel } from "../../test/random-model.ts";
import { hookNames, layerOf, matchHooks } from "./hooks.ts";

const { config } = randomModel();
const { config: withoutNorm } = randomModel({ normalization: null });

describe("hookNames", () => {
  it("are those of a run, in its order", () => {
    expect(hookNames({ ...config, n_layers: 1 })).toEqual([
      "hook_embed",
      "hook_pos_embed",
      "blocks.0.hook_resid_pre",
      "blocks.0.ln1.hook_scale",
      "blocks.0.ln1.hook_normalized",
      "blocks.0.attn.hook_q",
      "blocks.0.attn.hook_k",
      "blocks.0.attn.hook_v",
      "blocks.0.attn.hook_attn_scores",
      "blocks.0.attn.hook_pattern",
      "blocks.0.attn.hook_z",
      "blocks.0.hook_attn_out",
      "blocks.0.hook_resid_post",
      "ln_final.hook_scale",
      "ln_final.hook_normalized",
      "unembed.hook_in",
      "unembed.hook_out",
    ]);
  });

  it("know no LayerNorm where there is none", () => {
    expect(hookNames(withoutNorm).filter((name) => name.includes("ln"))).toEqual([]);
  });
});

describe("layerOf", () => {
  it("is the layer of a hook in a block", () => {
    expect(layerOf("blocks.12.attn.hook_q")).toBe(12);
    expect(layerOf("hook_embed")).toBeUndefined();
    expect(layerOf("ln_final.hook_scale")).toBeUndefined();
  });
});

describe("matchHooks", () => {
  it("takes names and globs, and gives each hook once, in the order of a run", () => {
    expect(
      matchHooks(["blocks.1.attn.hook_z", "blocks.*.attn.hook_z", "hook_embed"], config),
    ).toEqual(["hook_embed", "blocks.0.attn.hook_z", "blocks.1.attn.hook_z"]);
    expect(matchHooks(["*"], config)).toEqual(hookNames(config));
    expect(matchHooks(["*hook_scale"], config)).toHaveLength(3);
    expect(matchHooks([], config)).toEqual([]);
  });

  it("says which pattern matched nothing, and what may be meant", () => {
    expect(() => matchHooks(["hook_embed", "blocks.2.attn.hook_z"], config)).toThrow(
      expect.objectContaining({
        code: "unknown-hook",
        message:
          'unknown hook "blocks.2.attn.hook_z": this model has 2 layers; did you mean "blocks.1.attn.hook_z"?',
      }),
    );
    expect(() => matchHooks(["blocks.*.ln1.hook_scale"], withoutNorm)).toThrow(
      "this model has 2 layers and no LayerNorm",
    );
  });

  it.each([
    ["pattern", "blocks.0.attn.hook_pattern"],
    ["attn", "blocks.0.attn.hook_pattern"],
    ["hook_z", "blocks.0.attn.hook_z"],
    ["z1", "blocks.1.attn.hook_z"],
    ["resid_pre1", "blocks.1.hook_resid_pre"],
    ["embed", "hook_embed"],
    ["attn.hook_k", "blocks.0.attn.hook_k"],
  ])("takes %s for short for %s", (short, name) => {
    expect(() => matchHooks([short], config)).toThrow(`; did you mean ${JSON.stringify(name)}?`);
  });

  it.each(["", "hook", "hook.embed", "blocks.0.attn.hook_z$", "(hook_embed)"])(
    "takes %j as it is written",
    (pattern) => {
      expect(() => matchHooks([pattern], config)).toThrow(
        expect.objectContaining({ code: "unknown-hook" }),
      );
    },
  );
});
