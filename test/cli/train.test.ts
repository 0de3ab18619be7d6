/** Training as a user runs it: begun, killed, gone on with, and asked for what cannot be. */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { cli, finished, root, startCli, temporaryFolder } from "./run-cli.ts";
import { here } from "./run-here.ts";

/** A recipe that is trained within seconds. */
const RECIPE = {
  name: "small",
  corpus: { sources: ["text.txt"], vocabulary: 300, heldOut: 0.2 },
  model: { n_heads: 2, d_model: 16, d_head: 8, n_ctx: 24 },
  start: { bigrams: { steps: 10 } },
  batch: 4,
  steps: 60,
  checkpoints: { first: 10, count: 3 },
  saveEvery: 5,
  watchEvery: 30,
};

let cwd: string;

beforeEach(() => {
  cwd = temporaryFolder();
  const sentence = (i: number) =>
    `Number ${i} follows ${i - 1}, and ${(i * i) % 97} comes later.\n`;
  writeFileSync(join(cwd, "text.txt"), Array.from({ length: 900 }, (_, i) => sentence(i)).join(""));
  writeFileSync(join(cwd, "small.json"), JSON.stringify(RECIPE));
});

interface Line {
  readonly kind: string;
  readonly step: number;
  readonly loss?: number;
}

function log(run: string): Line[] {
  const text = readFileSync(join(cwd, run, "log.jsonl"), "utf8").trimEnd();
  return text.split("\n").map((line) => JSON.parse(line));
}

const losses = (run: string) =>
  new Map(log(run).flatMap(({ kind, step, loss }) => (kind === "step" ? [[step, loss]] : [])));

const checkpoints = (run: string) =>
  existsSync(join(cwd, run, "checkpoints"))
    ? readdirSync(join(cwd, run, "checkpoints")).filter((name) => name.startsWith("step-"))
    : [];

describe("train", () => {
  it("trains a model that other commands take, and says where it is", async () => {
    const { code, stdout, stderr } = await cli(["train", "small.json", "--out", "run"], { cwd });
    expect(code).toBe(0);
    // A line a look, as `watch` has, for whoever reads a file or a pipe.
    const told = Array.from(stderr.matchAll(/^step (\d+); .* tokens; held-out/gm), ([, at]) => at);
    expect(told).toEqual(["0", "10", "24", "30", "60"]);
    expect(stderr.trimEnd().split("\n")).toHaveLength(told.length);
    expect(stdout).toContain("trained 60 steps; the model and its checkpoints are in run");
    const looks = log("run").filter(({ kind }) => kind === "look");
    expect(looks.map(({ step }) => step)).toEqual([0, 10, 24, 30, 60]);
    expect(looks[0]).toMatchObject({
      heldOut: { loss: { n: 122 } }, // all that the text has
      repeated: {},
      heads: expect.any(Array),
      lengths: expect.any(Array),
    });
    const first = losses("run").get(10) as number;
    expect(losses("run").get(60)).toBeLessThan(first);
    for (const model of ["run", "run/checkpoints/step-00000010"]) {
      const asked = await here(["heads", "--model", model, "--batch", "4", "--json"], { cwd });
      expect(asked).toMatchObject({ code: 0, stderr: "" });
    }
  });

  it("says what stands in its way, and leaves no folder", async () => {
    writeFileSync(join(cwd, "file"), "kept");
    const onFile = await here(["train", "small.json", "--out", "file"], { cwd });
    expect(onFile.code).toBe(2);
    expect(onFile.stderr).toContain("cannot make the folder file: a part of the path is a file");
    const corpus = { ...RECIPE.corpus, sources: ["corpora/permissive"] };
    writeFileSync(join(cwd, "far.json"), JSON.stringify({ ...RECIPE, corpus }));
    const { code, stderr } = await here(["train", "far.json", "--out", "runs/far"], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /no file or folder .*corpora.permissive to make a corpus of; fetch it with/,
    );
    expect(existsSync(join(cwd, "runs"))).toBe(false);
  });

  it("that is killed at any moment goes on to the same numbers", async () => {
    expect((await cli(["train", "small.json", "--out", "whole"], { cwd })).code).toBe(0);
    const killed = startCli(["train", "small.json", "--out", "run"], { cwd });
    const ended = finished(killed);
    while (checkpoints("run").length < 4) await pause(5);
    killed.kill("SIGKILL");
    await ended;
    expect(log("run").at(-1)?.step).toBeLessThan(60);
    const { code, stderr } = await cli(["train", "--resume", "run", "--json"], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(losses("run")).toEqual(losses("whole"));
    const weights = (run: string) =>
      readFileSync(join(cwd, run, "checkpoints/step-00000060/model.safetensors"));
    expect(weights("run").equals(weights("whole"))).toBe(true);
  });

  it("that is stopped keeps what it has learned, and says how to go on", async () => {
    const child = startCli(["train", "small.json", "--out", "run"], { cwd });
    const ended = finished(child);
    while (checkpoints("run").length < 2) await pause(5);
    child.kill("SIGINT");
    const { code, stdout, stderr } = await ended;
    expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
    expect(stderr).toContain("go on at any time: lookback train --resume run");
    expect(existsSync(join(cwd, "run/run.lock"))).toBe(false);
    expect((await cli(["train", "--resume", "run"], { cwd })).code).toBe(0);
  });

  it("that is stopped while it is looked at has its checkpoint, and nothing is lost", async () => {
    // Looks take longer than steps, so the signal comes in one.
    const looks = { ...RECIPE, watchEvery: 1, saveEvery: 60 };
    writeFileSync(join(cwd, "looks.json"), JSON.stringify(looks));
    const child = startCli(["train", "looks.json", "--out", "run"], { cwd });
    const ended = finished(child);
    while (checkpoints("run").length < 2) await pause(5);
    child.kill("SIGINT");
    expect((await ended).code).toBe(130);
    const last = log("run").at(-1) as Line;
    expect(last.kind).toBe("look");
    expect(checkpoints("run").at(-1)).toBe(`step-${String(last.step).padStart(8, "0")}`);
  });

  it("that is stopped before it begins says that the same command begins again", async () => {
    const sentence = (i: number) => `Number ${i} follows ${i - 1}, and is the root of ${i * i}.`;
    const text = Array.from({ length: 40_000 }, (_, i) => sentence(i)).join("\n");
    writeFileSync(join(cwd, "text.txt"), text);
    const child = startCli(["train", "small.json", "--out", "run"], { cwd });
    const ended = finished(child);
    while (!existsSync(join(cwd, "run/run.lock"))) await pause(5);
    child.kill("SIGINT");
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toContain("the same command begins again");
    expect(existsSync(join(cwd, "run/recipe.json"))).toBe(false);
  });

  it("stops after as many steps as it is told, and goes on from there", async () => {
    const run = ["train", "small.json", "--corpus", "packed", "--out"];
    await here([...run, "whole"], { cwd });
    const begun = await here([...run, "run", "--stop-after", "17"], { cwd });
    expect(begun.stdout).toContain("trained 17 of 60 steps; go on at any time");
    expect(checkpoints("run").at(-1)).toBe("step-00000017");
    await here(["train", "--resume", "run"], { cwd });
    expect(losses("run").get(60)).toBe(losses("whole").get(60));
  });

  it("is not kept from a bundled recipe by a folder of its name", async () => {
    mkdirSync(join(cwd, "tiny"));
    const { stderr } = await here(["train", "tiny", "--out", "small.json"], { cwd });
    expect(stderr).toContain("cannot make the folder small.json");
  });

  it("takes another seed and fewer steps than the recipe's", async () => {
    const run = ["train", "small.json", "--corpus", "packed", "--steps", "10"];
    await here([...run, "--out", "one", "--seed", "1"], { cwd });
    const other = await here([...run, "--out", "two", "--seed", "2", "--json"], { cwd });
    expect(JSON.parse(other.stdout)).toEqual({ run: "two", steps: 10, of: 10 });
    expect(losses("one").get(10)).not.toBe(losses("two").get(10));
    expect(JSON.parse(readFileSync(join(cwd, "two/recipe.json"), "utf8"))).toMatchObject({
      name: "small-seed2",
      seed: 2,
      steps: 10,
    });
  });
});

describe("the recipe for newcomers", () => {
  it("gives the losses that it gave before", async () => {
    const { code } = await cli(["train", "tiny", "--out", "tiny", "--steps", "20"], { cwd });
    expect(code).toBe(0);
    const expected = JSON.parse(
      readFileSync(join(root, "test/fixtures/training/tiny-losses.json"), "utf8"),
    );
    for (const { step, loss } of expected.steps) {
      expect(losses("tiny").get(step), `step ${step}`).toBeCloseTo(loss, 3);
    }
  });
});

describe("what cannot be is refused before any work", () => {
  it.each([
    [["train"], "name a recipe to begin a run with, or --resume"],
    [["train", "small.json"], "--out <folder> says where the run goes"],
    [["train", "small.json", "--resume", "run"], "name a recipe to begin a run with, or --resume"],
    [["train", "--resume", "run", "--seed", "1"], "takes no --seed"],
    [
      ["train", "none.json", "--out", "run"],
      "there is no recipe none.json: name a JSON file, or one of",
    ],
    [["train", "wrong.json", "--out", "run"], 'wrong.json: recipe field "optimizer.muon.momentum"'],
    [["train", "unknown.json", "--out", "run"], "sourcess"],
  ])("%j", async (args, message) => {
    const wrong = { ...RECIPE, optimizer: { muon: { momentum: 1 } } };
    writeFileSync(join(cwd, "wrong.json"), JSON.stringify(wrong));
    const unknown = { ...RECIPE, corpus: { ...RECIPE.corpus, sourcess: [] } };
    writeFileSync(join(cwd, "unknown.json"), JSON.stringify(unknown));
    const { code, stderr } = await here(args, { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(existsSync(join(cwd, "run"))).toBe(false);
  });

  it("sources that are not there, and runs that are none", async () => {
    const lost = { ...RECIPE, corpus: { ...RECIPE.corpus, sources: ["nowhere"] } };
    writeFileSync(join(cwd, "lost.json"), JSON.stringify(lost));
    const begun = await here(["train", "lost.json", "--out", "run"], { cwd });
    expect(begun.code).toBe(2);
    expect(begun.stderr).toContain("nowhere");
    const gone = await here(["train", "--resume", "no-run"], { cwd });
    expect(gone.code).toBe(2);
    expect(gone.stderr).toContain("no-run is no training run");
  });
});
