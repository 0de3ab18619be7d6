/** @file What the page computes of runs and texts itself: lessons, curves, logs, dropped and picked folders. */

import { strToU8, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { developmentLog } from "../../src/cli/development-log.ts";
import { checkpointWords } from "../../workbench/src/runs/run.ts";
import { readLog } from "../../workbench/src/runs/run-log.ts";
import { droppedArchive, unpacked } from "../../workbench/src/state/dropped-archive.ts";
import { pickedFolder } from "../../workbench/src/state/dropped-files.ts";
import { lengthsTold, onlyBothWaysTold } from "../../workbench/src/story/development.ts";
import { curvePath, rangeOf, thinned } from "../../workbench/src/training/curves.ts";
import { lessonOf } from "../../workbench/src/training/lesson.ts";
import { logLines } from "../../workbench/src/training/saved-run.ts";
import { DEFAULT_SETTINGS } from "../../workbench/src/training/settings.ts";
import { KeptModels } from "../../workbench/src/worker/kept-models.ts";
import { sampleLook } from "../sample-development.ts";

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
      byLag: [0, score, 1 - score],
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

describe("what is told of lengths", () => {
  const event = (length: number | null, tokens: number) => ({ text: "", length, tokens });

  it("is their order and how close they came, whatever that is", () => {
    const rising = [event(2, 1e6), event(null, 2e6), event(3, 3e6), event(4, 5.5e6)];
    expect(lengthsTold({ events: rising })).toBe(
      "The lengths came within 4.5 M tokens, in the order 2, 3 and 4: the shorter before the longer.",
    );
    expect(lengthsTold({ events: [event(5, 1e6), event(4, 2e6)] })).toContain(
      "in the order 5 and 4: not the shorter always before the longer",
    );
    expect(lengthsTold({ events: [event(2, 1e6), event(null, 2e6)] })).toBe("");
  });

  it("says which came by the sensitive measure alone", () => {
    expect(onlyBothWaysTold({ onlyBothWays: [] })).toBe("");
    expect(onlyBothWaysTold({ onlyBothWays: [6] })).toContain("length 6 came to stay");
    expect(onlyBothWaysTold({ onlyBothWays: [5, 6] })).toContain("lengths 5 and 6 came to stay");
  });
});

describe("a zip that is dropped", () => {
  const archive = (files: Record<string, string>, name = "packed.zip") => {
    const entries = Object.entries(files).map(([path, text]) => [path, strToU8(text)] as const);
    return new File([zipSync(Object.fromEntries(entries))], name);
  };
  const namesIn = (files: readonly File[]) => files.map(({ name }) => name);

  it("is the folder that it holds, as if that had been dropped", async () => {
    const dropped = await unpacked(
      archive({
        "whales/log.jsonl": "",
        "whales/checkpoints/step-00000020/config.json": "{}",
        "whales/checkpoints/step-00000020/model.safetensors": "w",
        "whales/.hidden/config.json": "{}",
        "__MACOSX/whales/config.json": "{}",
      }),
    );
    expect(dropped.folder).toBe("whales");
    expect(namesIn(dropped.files)).toEqual(["log.jsonl"]);
    expect(dropped.folders.map(({ name, parent }) => [parent, name])).toEqual([
      ["checkpoints", "step-00000020"],
    ]);
    expect(await dropped.folders[0]?.files[1]?.text()).toBe("w");
  });

  it("stands for a folder where it holds files side by side", async () => {
    const dropped = await unpacked(archive({ "config.json": "{}", "model.safetensors": "w" }));
    expect(dropped.folder).toBe("packed");
    expect(namesIn(dropped.files)).toEqual(["config.json", "model.safetensors"]);
  });

  it("is none beside other files, and refused where it is broken", async () => {
    const file = archive({ "config.json": "{}" });
    expect(droppedArchive({ files: [file], folder: null, folders: [] })).toBe(file);
    expect(droppedArchive({ files: [file, file], folder: null, folders: [] })).toBeUndefined();
    const broken = new File([(await file.arrayBuffer()).slice(0, 40)], "broken.zip");
    await expect(unpacked(broken)).rejects.toMatchObject({ code: "bad-file" });
  });
});

describe("the log of a run that was trained in the page", () => {
  it("has the lines of `lookback train`, looks behind their steps, and is read back", () => {
    const look = sampleLook(2e7);
    const steps = [1, 2].map((step) => ({ step, loss: 4.25, tokens: 64 * step, seconds: 0.5 }));
    const lines = logLines({
      bigrams: { step: 100, loss: 3.123456789, entropy: 3 },
      steps,
      looks: [{ ...look, step: 1, tokens: 64 }],
    });
    const parsed = lines
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(parsed.map(({ kind, step }) => [kind, step])).toEqual([
      ["bigrams", 100],
      ["step", 1],
      ["look", 1],
      ["step", 2],
    ]);
    expect(parsed[0].loss).toBe(3.12346);
    expect(developmentLog(parsed, "log").steps).toHaveLength(2);
    expect(readLog(lines).looks).toEqual([{ ...look, step: 1, tokens: 64 }]);
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
