import { describe, expect, it } from "vitest";
import { LookbackError } from "../errors.ts";
import { completeConfig, KNOWN_MODELS, knownModel, resolveModelName } from "./names.ts";

const bundled = ["shortformer-2l", "standard-2l"];
const context = { bundled };

function failure(given: string): LookbackError {
  try {
    resolveModelName(given, context);
  } catch (error) {
    if (error instanceof LookbackError) return error;
    throw error;
  }
  throw new Error(`${given} was resolved`);
}

describe("resolveModelName", () => {
  it.each([
    ["attn-only-1l", "NeelNanda/Attn_Only_1L512W_C4_Code"],
    ["attn-only-2l", "NeelNanda/Attn_Only_2L512W_C4_Code"],
    ["attn-only-2l-c4-code", "NeelNanda/Attn_Only_2L512W_C4_Code"],
    ["Attn-Only-3L", "NeelNanda/Attn_Only_3L512W_C4_Code"],
    ["attn-only-4l-new", "NeelNanda/Attn_Only_4L512W_C4_Code"],
    ["attn-only-2l-demo", "NeelNanda/Attn-Only-2L512W-Shortformer-6B-big-lr"],
    ["attn-only-demo", "NeelNanda/Attn-Only-2L512W-Shortformer-6B-big-lr"],
    ["redwood_attn_2l", "ArthurConmy/redwood_attn_2l"],
    ["neelnanda/attn_only_2l512w_c4_code", "NeelNanda/Attn_Only_2L512W_C4_Code"],
    ["somebody/some.model-1", "somebody/some.model-1"],
  ])("%s is %s on the hub", (given, id) => {
    expect(resolveModelName(given, context)).toEqual({ kind: "hub", id });
  });

  it("finds bundled models", () => {
    expect(resolveModelName("standard-2l", context)).toEqual({
      kind: "bundled",
      name: "standard-2l",
    });
  });

  it.each(["./x", "../x", "/x/y", "a/b/c", "x/", ".", "..", "C:\\models\\x", "C:/models", ".\\x"])(
    "%s is a folder, whether it is there or not",
    (given) => {
      expect(resolveModelName(given, context)).toEqual({ kind: "folder", path: given });
    },
  );

  it("takes a folder that is there before a hub id, and after names", () => {
    const exists = () => true;
    expect(resolveModelName("out/model", { bundled, exists }).kind).toBe("folder");
    expect(resolveModelName("model", { bundled, exists }).kind).toBe("folder");
    expect(resolveModelName("attn-only-2l", { bundled, exists }).kind).toBe("hub");
    expect(resolveModelName("shortformer-2l", { bundled, exists }).kind).toBe("bundled");
    expect(resolveModelName("out/model", { bundled, exists: () => false }).kind).toBe("hub");
  });

  it.each([
    ["shortformer-l", "shortformer-2l"],
    ["attn-only-2", "attn-only-2l"],
    ["atn-only-4l", "attn-only-4l"],
    ["redwood-attn-2l", "redwood_attn_2l"],
  ])("%s is unknown; %s is suggested", (given, nearest) => {
    const error = failure(given);
    expect(error.code).toBe("unknown-model");
    expect(error.message).toContain(`did you mean "${nearest}"?`);
  });

  it.each(["", "gpt2", "owner/na..me", "owner/", "/", "a b/c", "https://x"])(
    "%j is never a hub id",
    (given) => {
      let kind: string;
      try {
        kind = resolveModelName(given, context).kind;
      } catch (error) {
        kind = error instanceof LookbackError ? error.code : "other";
      }
      expect(["folder", "unknown-model"]).toContain(kind);
    },
  );

  it("says what may be given", () => {
    expect(failure("zzz").message).toBe(
      'unknown model "zzz": give a bundled model (shortformer-2l, standard-2l), a name of TransformerLens (attn-only-1l, attn-only-2l, attn-only-3l, attn-only-4l, attn-only-2l-demo, redwood_attn_2l), the path of a folder, or a hub id "owner/name"',
    );
  });
});

describe("completeConfig", () => {
  it("fills in tokenizer and BOS of known models", () => {
    expect(completeConfig({ d_vocab: 48262 }, "NeelNanda/Attn_Only_2L512W_C4_Code")).toEqual({
      d_vocab: 48262,
      tokenizer_name: "NeelNanda/gpt-neox-tokenizer-digits",
      bos_token_id: 1,
    });
    const demo = completeConfig({ tokenizer_name: "EleutherAI/gpt-neox-20b" }, null);
    expect(demo).toMatchObject({ bos_token_id: 0 });
  });

  it("leaves what the file says, and what nobody knows", () => {
    const own = { tokenizer_name: "EleutherAI/gpt-neox-20b", bos_token_id: 7 };
    expect(completeConfig(own, "NeelNanda/Attn_Only_2L512W_C4_Code")).toEqual(own);
    expect(completeConfig({}, "ArthurConmy/redwood_attn_2l")).toEqual({
      tokenizer_name: "ArthurConmy/redwood_tokenizer",
      bos_token_id: null,
    });
    expect(completeConfig({ bos_token_id: 0, tokenizer_name: null }, null)).toEqual({
      bos_token_id: 0,
      tokenizer_name: null,
    });
    expect(completeConfig("text", null)).toBe("text");
  });
});

it("has no name twice", () => {
  const names = KNOWN_MODELS.flatMap(({ id, aliases }) => [id, ...aliases]);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(knownModel(name)?.id).toBeDefined();
});
