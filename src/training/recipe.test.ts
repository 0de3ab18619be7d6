import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { configJson, DEFAULT_RECIPE, parseRecipe, recipeConfig, trainingOf } from "./recipe.ts";

const LEAST = { name: "mine", corpus: { sources: ["texts"] }, steps: 10 };

describe("parseRecipe", () => {
  it("takes what is left out from the default, part by part", () => {
    const recipe = parseRecipe({
      ...LEAST,
      model: { n_layers: 3 },
      start: { bigrams: { steps: 5 } },
      optimizer: { muon: { learningRate: 0.01 } },
    });
    expect(recipe.model).toEqual({ ...DEFAULT_RECIPE.model, n_layers: 3 });
    expect(recipe.start.bigrams).toEqual({ ...DEFAULT_RECIPE.start.bigrams, steps: 5 });
    expect(recipe.optimizer.muon).toEqual({ ...DEFAULT_RECIPE.optimizer.muon, learningRate: 0.01 });
    expect(parseRecipe(JSON.parse(JSON.stringify(recipe)))).toEqual(recipe);
  });

  it("can leave out Muon, the bigram start, copies and clipping", () => {
    const none = parseRecipe({ ...LEAST, start: { bigrams: null }, optimizer: { muon: null } });
    const training = trainingOf(none);
    expect(training.bigrams).toBeUndefined();
    expect(training.copies).toBeUndefined();
    expect(training.optimizer).not.toHaveProperty("muon");
    expect(training.optimizer).not.toHaveProperty("clipNorm");
  });

  it.each([
    [{ name: undefined }, 'recipe field "name"'],
    [{ steps: 0 }, 'recipe field "steps"'],
    [{ name: "a/b" }, "letters, digits"],
    [{ corpus: { sources: [] } }, 'recipe field "corpus.sources"'],
    [{ corpus: { sources: ["a"], extensions: ["txt"] } }, "begins with a dot"],
    [{ model: { positions: "rotary" } }, 'recipe field "model.positions"'],
    [{ optimizer: { beta1: 1 } }, 'recipe field "optimizer.beta1"'],
    [{ stepz: 3 }, "stepz"],
    [
      { copies: { share: 0.1, shortest: 9, longest: 8, from: 0, rivals: 0 } },
      '"copies.longest" must be at least "copies.shortest", 9, got 8',
    ],
    [
      { copies: { share: 0.1, shortest: 200, longest: 200, from: 0, rivals: 0 } },
      "no room for two of them",
    ],
  ])("refuses %j by name", (wrong, message) => {
    expect(() => parseRecipe({ ...LEAST, ...wrong })).toThrow(message);
  });
});

describe("the config of a recipe's model", () => {
  it("is one that files hold, and that is read back", () => {
    const recipe = parseRecipe({ ...LEAST, model: { positions: "shortformer", n_heads: 4 } });
    expect(configJson(recipe, 4096, 0)).toMatchObject({ attn_only: true, shortformer_pos: true });
    expect(recipeConfig(recipe, 4096, 0)).toMatchObject({
      n_heads: 4,
      d_vocab: 4096,
      bos_token_id: 0,
      normalization: "LN",
      shortformer_pos: true,
    });
  });
});

const RECIPES = new URL("../../recipes/", import.meta.url);

it.each(readdirSync(RECIPES).filter((name) => name.endsWith(".json")))("%s can be read", (name) => {
  const recipe = parseRecipe(JSON.parse(readFileSync(new URL(name, RECIPES), "utf8")));
  expect(recipe.name).toBe(name.replace(".json", ""));
});
