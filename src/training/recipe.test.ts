import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  configJson,
  DEFAULT_RECIPE,
  parseRecipe,
  recipeConfig,
  termsOfStep,
  totalSteps,
  trainingOf,
} from "./recipe.ts";

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
    expect(termsOfStep(none, 5).copies).toBeUndefined();
    expect(training.optimizer).not.toHaveProperty("muon");
    expect(training.optimizer).not.toHaveProperty("clipNorm");
  });

  it.each([
    [{ name: undefined }, 'recipe field "name"'],
    [{ steps: 0 }, 'recipe field "steps"'],
    [{ name: "a/b" }, "letters, digits"],
    [{ corpus: { sources: [] } }, 'recipe field "corpus.sources"'],
    [{ corpus: { sources: ["a"], extensions: ["txt"] } }, "begins with a dot"],
    [
      { corpus: { sources: ["a"], mostBytes: 500_000_001 } },
      'recipe field "corpus.mostBytes": at most 500000000; put a longer text into JSON lines, or into several files, got 500000001',
    ],
    [{ model: { positions: "rotary" } }, 'recipe field "model.positions"'],
    [{ optimizer: { beta1: 1 } }, 'recipe field "optimizer.beta1"'],
    [{ stepz: 3 }, /"stepz"; did you mean "steps"\?$/],
    [{ name: undefined, nam: "a" }, /"nam"; did you mean "name"\?$/],
    [{ name: undefined }, /"name": [^,]*, received undefined$/],
    [{ zebra: 3 }, /"zebra"; there are name, description, seed, .*watchEvery$/],
    [{ optimizer: { muon: { momentun: 1 } } }, /did you mean "momentum"\?$/],
    [
      { copies: { share: 0.1, shortest: 9, longest: 8, from: 0, rivals: 0 } },
      '"copies.longest" must be at least "copies.shortest", 9, got 8',
    ],
    [
      { copies: { share: 0.1, shortest: 200, longest: 200, from: 0, rivals: 0 } },
      "no room for two of them",
    ],
    [{ extension: { steps: 0, rate: 1, copies: null } }, 'recipe field "extension.steps"'],
    [{ model: { n_ctx: 4 } }, 'recipe field "model.n_ctx"'],
    [{ model: { d_model: 2e9 } }, /"model" is of 1.*e\+13 weights, .* make d_model \(2000000000\)/],
    [{ model: { n_layers: 2e9 } }, "at most 250000000 can be trained"],
    [{ checkpoints: { count: 2e9 } }, 'recipe field "checkpoints.count"'],
    [{ batch: 1e6 }, '"batch" is 1000000: contexts of 256 tokens make steps of 256000000'],
    [
      { corpus: { sources: ["a"], vocabulary: 32_768 } },
      '"start.bigrams" counts every pair of tokens, which is for vocabularies of up to 16384',
    ],
    [
      {
        extension: { steps: 1, rate: 1, copies: { share: 1, shortest: 9, longest: 8, rivals: 0 } },
      },
      '"extension.copies.longest" must be at least "extension.copies.shortest", 9, got 8',
    ],
  ])("refuses %j by name", (wrong, message) => {
    expect(() => parseRecipe({ ...LEAST, ...wrong })).toThrow(message);
  });
});

describe("what a recipe says of a step", () => {
  const copies = { share: 0.5, shortest: 2, longest: 4, rivals: 0 };
  const schedule = { warmup: 2, decay: 0.4 };
  const own = { ...copies, from: 3 };
  const later = { ...copies, shortest: 4, longest: 8 };

  it("is its own schedule, and copies from their step on", () => {
    const recipe = parseRecipe({ ...LEAST, schedule, copies: own });
    expect(totalSteps(recipe)).toBe(10);
    const factors = [0, 1, 5, 8, 9].map((step) => termsOfStep(recipe, step).rateFactor);
    expect(factors).toEqual([0.5, 1, 1, 0.5, 0.25]);
    expect(termsOfStep(recipe, 0).copies).toEqual(own);
  });

  it("begins anew in an extension, at its rate and with its copies", () => {
    const extension = { steps: 5, rate: 0.6, copies: later };
    const recipe = parseRecipe({ ...LEAST, schedule, copies: own, extension });
    expect(totalSteps(recipe)).toBe(15);
    expect(termsOfStep(recipe, 9)).toEqual({ rateFactor: 0.25, copies: own });
    const factors = [10, 11, 12, 13, 14].map((step) => termsOfStep(recipe, step).rateFactor);
    expect(factors).toEqual([0.3, 0.6, 0.6, 0.6, 0.3]);
    expect(termsOfStep(recipe, 10).copies).toEqual({ ...later, from: 10 });
    const natural = parseRecipe({ ...recipe, extension: { ...extension, copies: null } });
    expect(termsOfStep(natural, 10).copies).toBeUndefined();
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
