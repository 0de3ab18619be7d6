/** @file What the page computes of runs and texts itself: lessons, curves, logs, dropped and picked folders. */

import { describe, expect, it } from "vitest";
import { checkpointWords } from "../../workbench/src/runs/run.ts";
import { readLog } from "../../workbench/src/runs/run-log.ts";
import { pickedFolder } from "../../workbench/src/state/dropped-files.ts";
import { curvePath, levelTicks, rangeOf, thinned } from "../../workbench/src/training/curves.ts";
import { lessonOf } from "../../workbench/src/training/lesson.ts";
import { DEFAULT_SETTINGS } from "../../workbench/src/training/settings.ts";
import { KeptModels } from "../../workbench/src/worker/kept-models.ts";

const TEXT = Array.from(
  { length: 2000 },
  (_, i) => `The ${(i * i) % 83} whales of ${i % 19} swam past the ${i % 11} ships.`,
).join(" ");

describe("a lesson", () => {
  it("is contexts of the text, the end of it held out, BOS first", () => {
    const { config, text, heldOut, recipe } = lessonOf(TEXT, DEFAULT_SETTINGS);
    expect(config).toMatchObject({ n_layers: 2, n_heads: 4, d_model: 64, d_head: 16, n_ctx: 64 });
    expect(text.contexts(64)).toBeGreaterThan(100);
    expect(heldOut.length).toBe(64);
    for (let row = 0; row < heldOut.batch; row++) expect(heldOut.ids[row * 64]).toBe(0);
    expect(Math.max(...heldOut.ids)).toBeLessThan(config.d_vocab);
    expect(recipe.copies).toMatchObject({ shortest: 8, longest: 21, from: 50 });
  });

  it("fits the shortest context and the fewest steps that can be set", () => {
    const settings = { ...DEFAULT_SETTINGS, context: 16, steps: 1, heads: 16, d_model: 16 };
    const { recipe, config } = lessonOf(TEXT, settings);
    expect(recipe.copies).toMatchObject({ shortest: 7, longest: 7, from: 0 });
    expect(config.d_head).toBe(1);
    expect(lessonOf(TEXT, { ...settings, copies: false }).recipe.copies).toBeNull();
  });

  it.each([
    ["too little", "A few words.", /^This is too little text: 12 characters, \d+ tokens/],
    ["nothing", " \n ", /^There is no text yet/],
    ["binary", "a\0b".repeat(100), /^This is no text/],
    ["numbers", "0.125 7.5 ".repeat(100), /^Hardly any of this is letters/],
  ])("refuses %s with what to do", (_, text, message) => {
    expect(() => lessonOf(text, DEFAULT_SETTINGS)).toThrow(message);
  });
});

describe("curves", () => {
  it("cover all values, and zero without a margin below it", () => {
    expect(rangeOf([0, 1])).toEqual([0, 1.05]);
    const [low, high] = rangeOf([3, 5, Number.NaN]);
    expect(low).toBeCloseTo(2.9);
    expect(high).toBeCloseTo(5.1);
    expect(rangeOf([])).toEqual([0, 1]);
    expect(rangeOf([2, 2])[1]).toBeGreaterThan(2);
  });

  it("have round ticks, at most six steps of them, within their range", () => {
    for (const range of [
      [0, 1.05],
      [2.9, 5.1],
      [3.51, 3.53],
      [0, 47],
    ] as const) {
      const ticks = levelTicks(range);
      expect(ticks.length).toBeGreaterThan(0);
      expect(ticks.length).toBeLessThanOrEqual(7);
      expect(Math.min(...ticks)).toBeGreaterThan(range[0] - 1e-9);
      expect(Math.max(...ticks)).toBeLessThan(range[1] + 1e-9);
    }
  });

  it("are thinned to means, and leave out what is no number", () => {
    const points = Array.from({ length: 1000 }, (_, i) => [i, 2 * i] as const);
    const few = thinned(points, 300);
    expect(few).toHaveLength(250);
    expect(few[0]).toEqual([1.5, 3]);
    expect(thinned(points.slice(0, 3), 300)).toEqual(points.slice(0, 3));
    const same = (value: number) => value;
    expect(
      curvePath(
        [
          [0, 1],
          [1, Number.NaN],
          [2, 3],
        ],
        same,
        same,
      ),
    ).toBe("M0.0 1.0L2.0 3.0");
    expect(curvePath([], same, same)).toBe("");
  });
});

describe("a run's log", () => {
  it("gives the best heads of each look, and nothing of lines that it does not know", () => {
    const estimate = (mean: number) => ({ mean });
    const head = (layer: number, place: number, score: number) => ({
      label: `L${layer}H${place}`,
      layer,
      previousToken: estimate(score),
      lookBack: estimate(1 - score),
      induction: estimate(score / 2),
    });
    const look = {
      kind: "look",
      step: 20,
      tokens: 900,
      heldOut: { loss: estimate(4.5) },
      heads: [head(0, 0, 0.2), head(0, 1, 0.6), head(1, 0, 0.4)],
    };
    const lines = [
      JSON.stringify({ kind: "step", step: 10, loss: 5 }),
      JSON.stringify(look),
      JSON.stringify({ ...look, step: 30, heldOut: null }),
      JSON.stringify({ kind: "look", step: 40 }),
      '{"kind":"lo',
    ];
    const { seen } = readLog(lines.join("\n"));
    expect([...seen.keys()]).toEqual([20, 30]);
    expect(seen.get(20)).toEqual({
      steps: 20,
      loss: 4.5,
      previousToken: { label: "L0H1", score: 0.6 },
      lookBack: { label: "L0H0", score: 0.8 },
      induction: { label: "L1H0", score: 0.2 }, // in the first layer there is none
    });
    expect(seen.get(30)?.loss).toBeNull();
  });
});

describe("checkpoints", () => {
  it("are told by steps and tokens, as far as these are known", () => {
    const at = (steps: number | null, tokens: number | null) =>
      checkpointWords({ name: "final", steps, tokens });
    expect(at(null, null)).toBe("final");
    expect(at(2000, null)).toBe("step 2,000");
    expect(at(2000, 76_800)).toBe("step 2,000, 76,800 tokens");
  });

  it("are found in a folder that was picked, and nothing deeper", () => {
    const file = (path: string) =>
      ({ name: path.split("/").at(-1), webkitRelativePath: path }) as File;
    const picked = pickedFolder([
      file("whales/recipe.json"),
      file("whales/corpus/train.bin"),
      file("whales/checkpoints/step-00000020/config.json"),
      file("whales/checkpoints/step-00000020/model.safetensors"),
      file("whales/checkpoints/step-00000020/more/config.json"),
      file("whales/a/b/config.json"),
    ]);
    expect(picked.folder).toBe("whales");
    expect(picked.files.map(({ name }) => name)).toEqual(["recipe.json"]);
    expect(picked.folders.map(({ name, parent, files }) => [parent, name, files.length])).toEqual([
      [null, "corpus", 1],
      ["checkpoints", "step-00000020", 2],
    ]);
    expect(pickedFolder([])).toEqual({ files: [], folder: null, folders: [] });
  });
});

describe("models that were read", () => {
  /** A model of so many MiB. */
  const model = (mebibytes: number) =>
    ({ weights: new Map([["w", { data: { byteLength: mebibytes * 2 ** 20 } }]]) }) as never;
  const files = (id?: string) =>
    ({ kind: "files", files: [], folder: null, ...(id && { id }) }) as const;

  it("are kept, the latest first, as far as there is room beside the one that runs", () => {
    const kept = new KeptModels();
    const models = ["a", "b", "c"].map((id) => ({ source: files(id), model: model(60) }));
    for (const { source, model } of models) kept.add(source, model);
    for (const { source, model } of models) expect(kept.of(source)).toBe(model);
    kept.add(files("d"), model(500)); // which runs, so it is kept however large it is
    expect(kept.of(files("d"))).toBeDefined();
    expect([kept.of(files("c")), kept.of(files("b"))]).not.toContain(undefined);
    expect(kept.of(files("a"))).toBeUndefined();
    kept.add({ kind: "bundled", name: "e" }, model(1));
    expect(kept.of(files("d"))).toBeUndefined();
    expect(kept.of({ kind: "bundled", name: "e" })).toBeDefined();
  });

  it("are not taken for dropped files that may be others by now", () => {
    const kept = new KeptModels();
    kept.add(files(), model(1));
    expect(kept.of(files())).toBeUndefined();
  });
});
