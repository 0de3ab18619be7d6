/** A run in its folder: begun, stopped, gone on with, and what can have happened to it in between. */

import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { parseRecipe, type Recipe } from "../../training/recipe.ts";
import { readModelFolder } from "../model-folder.ts";
import { checkpointFolder, listCheckpoints } from "./run-files.ts";
import type { TrainingRunOptions } from "./run-journal.ts";
import { lockRun } from "./run-lock.ts";
import { readLog } from "./run-log.ts";
import { resumeRun, startRun } from "./training-run.ts";

let shared: string;
let RECIPE: Recipe;

beforeAll(() => {
  shared = mkdtempSync(join(tmpdir(), "lookback-run-"));
  const sentences = Array.from({ length: 60 }, (_, i) =>
    Array.from(
      { length: 60 },
      (_, j) => `The ${(i * 7 + j * j) % 83} whales of ${(i + j) % 19}.`,
    ).join(" "),
  );
  for (const [i, text] of sentences.entries()) writeFileSync(join(shared, `${i}.txt`), text);
  RECIPE = parseRecipe({
    name: "test",
    corpus: { sources: [shared], vocabulary: 300, heldOut: 0.1 },
    model: { n_heads: 2, d_model: 16, d_head: 8, n_ctx: 32 },
    start: { bigrams: { steps: 20 } },
    batch: 4,
    steps: 12,
    copies: { share: 0.5, shortest: 4, longest: 8, from: 4, rivals: 0.5 },
    checkpoints: { first: 3, count: 2 },
    saveEvery: 4,
    watchEvery: 6,
  });
});

afterAll(() => rmSync(shared, { recursive: true }));

let run: string;
const corpus = () => join(shared, "packed");

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), "lookback-run-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  run = join(folder, "run");
});

/** The losses of a run's log, by step. */
const lossesOf = async (folder: string) =>
  (await readLog(folder))
    .filter(({ kind }) => kind === "step")
    .map((line) => [line.step, (line as { loss?: number }).loss]);

const weightsOf = (folder: string, steps: number) =>
  readFileSync(join(checkpointFolder(folder, steps), "model.safetensors"));

/** Begins a run and stops it after so many steps. */
async function stoppedRun(after: number, options: TrainingRunOptions = {}): Promise<void> {
  const controller = new AbortController();
  const begun = startRun(RECIPE, run, {
    corpus: corpus(),
    signal: controller.signal,
    ...options,
    onStep: ({ step }) => {
      if (step === after) controller.abort();
    },
  });
  await expect(begun).rejects.toMatchObject({ code: "cancelled" });
}

describe("a run", () => {
  it("leaves checkpoints that are models, and those to go on from are the last two", async () => {
    const looks: number[] = [];
    const lookAt: TrainingRunOptions["lookAt"] = async ({ d_vocab }, weights, heldOut) => {
      looks.push(weights.size);
      expect(heldOut.ids.every((id) => id < d_vocab)).toBe(true);
      return { seen: weights.size };
    };
    const standing = await startRun(RECIPE, run, { corpus: corpus(), lookAt });
    expect(standing).toEqual({ run, steps: 12, of: 12 });
    expect(await listCheckpoints(run)).toEqual([0, 3, 8, 12]);
    const names = (steps: number) => readdirSync(checkpointFolder(run, steps)).sort();
    expect(names(3)).toEqual(["config.json", "model.safetensors", "tokenizer.json"]);
    expect(names(12)).toContain("optimizer.safetensors");
    const model = await readModelFolder(run);
    expect(model.name).toBe("run after 12 steps");
    expect(model.config).toMatchObject({ n_ctx: 32, d_model: 16, bos_token_id: 0 });
    expect(looks).toHaveLength(4); // after 0, 3, 6 and 12 steps
    const log = await readLog(run);
    expect(log.filter(({ kind }) => kind === "look").map(({ step }) => step)).toEqual([
      0, 3, 6, 12,
    ]);
    // What tells where the sources lie on this machine stays out of what is passed on.
    expect(readFileSync(join(run, "corpus.json"), "utf8")).not.toContain(shared);
  });

  it("says what of the text it goes without, and what to do", async () => {
    const texts = mkdtempSync(join(tmpdir(), "lookback-texts-"));
    onTestFinished(() => rmSync(texts, { recursive: true }));
    cpSync(shared, texts, { recursive: true, filter: (path) => !path.includes("packed") });
    writeFileSync(join(texts, "records.jsonl"), '{"content": "a"}\n{"content": "b"}\n');
    writeFileSync(join(texts, "copy.txt"), readFileSync(join(texts, "0.txt")));
    symlinkSync(join(shared, "0.txt"), join(texts, "link.txt"));
    const warnings: string[] = [];
    await startRun({ ...RECIPE, corpus: { ...RECIPE.corpus, sources: [texts] } }, run, {
      until: 1,
      onWarning: (message) => warnings.push(message),
    });
    expect(warnings).toEqual([
      'skipped of the text: links in folders: 1 (name what they point to as a source); lines of JSON lines without text: 2 (each is an object with its text in the field "text")',
    ]);
  });

  it("that was stopped goes on to the numbers of one that was not", async () => {
    await startRun(RECIPE, run, { corpus: corpus() });
    const whole = `${run}-whole`;
    cpSync(run, whole, { recursive: true });
    rmSync(run, { recursive: true });
    await stoppedRun(6);
    expect((await listCheckpoints(run)).at(-1)).toBe(6);
    await resumeRun(run);
    expect(await lossesOf(run)).toEqual(await lossesOf(whole));
    expect(weightsOf(run, 12).equals(weightsOf(whole, 12))).toBe(true);
    expect(await resumeRun(run)).toMatchObject({ steps: 12 }); // nothing left to do
  });

  it("goes on from the checkpoint before where the latest is damaged, and says so", async () => {
    await stoppedRun(10);
    const expected = `${run}-expected`;
    cpSync(run, expected, { recursive: true });
    await resumeRun(expected);
    const latest = checkpointFolder(run, 10);
    const bytes = readFileSync(join(latest, "optimizer.safetensors"));
    bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
    writeFileSync(join(latest, "optimizer.safetensors"), bytes);
    const warnings: string[] = [];
    await resumeRun(run, { onWarning: (message) => warnings.push(message) });
    expect(warnings).toEqual([expect.stringMatching(/step-00000010 is damaged .*optimizer/)]);
    expect(weightsOf(run, 12).equals(weightsOf(expected, 12))).toBe(true);
    // The damaged one is gone, and does not stand where a whole one could be gone on from.
    expect(await listCheckpoints(run)).toEqual([0, 3, 8, 12]);
  });

  it("goes on from the checkpoint before where a file of the latest is missing", async () => {
    await stoppedRun(10);
    rmSync(join(checkpointFolder(run, 10), "optimizer.safetensors"));
    const warnings: string[] = [];
    await resumeRun(run, { onWarning: (message) => warnings.push(message), until: 9 });
    expect(warnings).toEqual([expect.stringMatching(/step-00000010 is damaged .*optimizer/)]);
    expect((await listCheckpoints(run)).at(-1)).toBe(9);
  });

  it("leaves nothing of a checkpoint that a killed process had half written", async () => {
    await stoppedRun(5);
    const half = join(run, "checkpoints", `.step-00000006.${process.ppid}.incomplete`);
    mkdirSync(half);
    writeFileSync(join(half, "model.safetensors"), "half");
    await resumeRun(run, { until: 7 });
    expect(readdirSync(join(run, "checkpoints")).filter((name) => name.startsWith("."))).toEqual(
      [],
    );
  });

  it("loses no checkpoint that only cannot be read now", async () => {
    await stoppedRun(10);
    const file = join(checkpointFolder(run, 10), "optimizer.safetensors");
    renameSync(file, `${file}.kept`);
    symlinkSync("optimizer.safetensors", file); // which nobody can read, whatever their rights
    await expect(resumeRun(run)).rejects.toMatchObject({
      code: "bad-file",
      message: expect.stringMatching(/cannot read the checkpoint .*step-00000010: ELOOP/),
    });
    renameSync(`${file}.kept`, file);
    const warnings: string[] = [];
    await resumeRun(run, { onWarning: (message) => warnings.push(message) });
    expect(warnings).toEqual([]);
  });

  it("does not begin anew where its checkpoints cannot be read now", async () => {
    await stoppedRun(10);
    const folder = join(run, "checkpoints");
    renameSync(folder, `${folder}.kept`);
    symlinkSync("checkpoints", folder);
    await expect(resumeRun(run)).rejects.toMatchObject({
      code: "bad-file",
      message: expect.stringMatching(/cannot read .*checkpoints: ELOOP/),
    });
  });

  it("begins again where it was stopped before the first checkpoint", async () => {
    const controller = new AbortController();
    const begun = startRun(RECIPE, run, {
      corpus: corpus(),
      signal: controller.signal,
      onBigramStep: ({ step }) => {
        if (step === 10) controller.abort();
      },
    });
    await expect(begun).rejects.toMatchObject({ code: "cancelled" });
    expect(await resumeRun(run)).toMatchObject({ steps: 12 });
    const fits = (await readLog(run)).filter(({ kind }) => kind === "bigrams");
    expect(fits.map(({ step }) => step)).toEqual([10, 20]);
  });

  it("is begun by the same command after one that was killed while it prepared the corpus", async () => {
    mkdirSync(run);
    writeFileSync(join(run, "run.lock"), "999999999");
    writeFileSync(join(run, "corpus.json.partial"), "{");
    expect(await startRun(RECIPE, run, { corpus: corpus() })).toMatchObject({ steps: 12 });
    writeFileSync(join(run, "run.lock"), String(process.ppid));
    rmSync(join(run, "recipe.json"));
    for (const name of ["checkpoints", "log.jsonl", "tokenizer.json"]) {
      rmSync(join(run, name), { recursive: true });
    }
    await expect(startRun(RECIPE, run, { corpus: corpus() })).rejects.toMatchObject({
      message: expect.stringContaining(`process ${process.ppid} is training`),
    });
  });

  it("that is stopped in a look has its checkpoint, and the look", async () => {
    const controller = new AbortController();
    const begun = startRun(RECIPE, run, {
      corpus: corpus(),
      signal: controller.signal,
      lookAt: async () => {
        if ((await listCheckpoints(run)).includes(3)) controller.abort();
        return {};
      },
    });
    await expect(begun).rejects.toMatchObject({ code: "cancelled" });
    expect((await listCheckpoints(run)).at(-1)).toBe(6);
    expect((await readLog(run)).at(-1)).toMatchObject({ kind: "look", step: 6 });
  });
});

describe("an extension", () => {
  const copies = { share: 1, shortest: 8, longest: 12, rivals: 0 };
  const extension = { steps: 4, rate: 0.5, copies };

  /** Puts it into the recipe of the run, as a user would. */
  function extend(with_: Recipe["extension"]): void {
    const path = join(run, "recipe.json");
    const recipe = JSON.parse(readFileSync(path, "utf8"));
    writeFileSync(path, JSON.stringify({ ...recipe, extension: with_ }));
  }

  it("of a finished run gives what a recipe that had it from the first step gives", async () => {
    await startRun({ ...RECIPE, extension }, run, { corpus: corpus() });
    expect(await listCheckpoints(run)).toEqual([0, 3, 12, 16]);
    const whole = `${run}-whole`;
    cpSync(run, whole, { recursive: true });
    rmSync(run, { recursive: true });
    await startRun(RECIPE, run, { corpus: corpus() });
    extend(extension);
    expect(await resumeRun(run)).toMatchObject({ steps: 16, of: 16 });
    expect(await lossesOf(run)).toEqual(await lossesOf(whole));
    expect(weightsOf(run, 16).equals(weightsOf(whole, 16))).toBe(true);
  });

  it("cannot be changed once it has begun", async () => {
    await startRun({ ...RECIPE, extension }, run, { corpus: corpus(), until: 14 });
    extend({ ...extension, rate: 0.6 });
    await expect(resumeRun(run)).rejects.toMatchObject({
      code: "bad-spec",
      message: expect.stringContaining("extension.rate was 0.5 and is 0.6"),
    });
  });

  it("is none in checkpoints from before recipes had it", async () => {
    await stoppedRun(5);
    const path = join(checkpointFolder(run, 5), "point.json");
    const point = JSON.parse(readFileSync(path, "utf8"));
    delete point.recipe.extension;
    writeFileSync(path, JSON.stringify(point));
    expect(await resumeRun(run)).toMatchObject({ steps: 12 });
  });
});

describe("what does not fit is refused, and said", () => {
  it("a recipe that has changed", async () => {
    await stoppedRun(5);
    const path = join(run, "recipe.json");
    const changed = JSON.parse(readFileSync(path, "utf8"));
    changed.optimizer.muon.learningRate = 0.03;
    writeFileSync(path, JSON.stringify(changed));
    await expect(resumeRun(run)).rejects.toMatchObject({
      code: "bad-spec",
      message: expect.stringContaining("optimizer.muon.learningRate was 0.02 and is 0.03"),
    });
  });

  it("a run.json that does not say where the corpus lies", async () => {
    await stoppedRun(5);
    writeFileSync(join(run, "run.json"), "{}");
    await expect(resumeRun(run)).rejects.toMatchObject({
      code: "bad-file",
      message: expect.stringMatching(
        /run\.json does not say where the packed corpus lies \(corpus/,
      ),
    });
  });

  it("a corpus that has changed", async () => {
    await stoppedRun(5);
    const path = join(run, "run.json");
    const other = join(shared, "packed-otherwise");
    await startRun({ ...RECIPE, corpus: { ...RECIPE.corpus, vocabulary: 290 } }, `${run}-other`, {
      corpus: other,
    });
    writeFileSync(
      path,
      JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), corpus: other }),
    );
    await expect(resumeRun(run)).rejects.toMatchObject({
      code: "bad-spec",
      message: expect.stringContaining("corpus has changed"),
    });
  });

  it("a corpus with a file that has changed, or is gone", async () => {
    const own = join(shared, "packed-to-damage");
    cpSync(corpus(), own, { recursive: true });
    await startRun(RECIPE, run, { corpus: own, until: 5 });
    const tokens = join(own, "train.u16");
    const bytes = readFileSync(tokens);
    bytes[40] = (bytes[40] as number) ^ 1;
    writeFileSync(tokens, bytes);
    await expect(resumeRun(run)).rejects.toMatchObject({
      code: "bad-file",
      message: expect.stringContaining("train.u16 is not as it was written"),
    });
    rmSync(join(own, "tokenizer.json"));
    await expect(resumeRun(run)).rejects.toMatchObject({
      code: "bad-file",
      message: expect.stringContaining("tokenizer.json cannot be read"),
    });
  });

  it("a folder with a run in it, or with other files", async () => {
    await stoppedRun(5);
    await expect(startRun(RECIPE, run, { corpus: corpus() })).rejects.toMatchObject({
      code: "bad-spec",
      message: expect.stringContaining("--resume"),
    });
    await expect(startRun(RECIPE, shared, { corpus: corpus() })).rejects.toMatchObject({
      code: "bad-spec",
      message: expect.stringContaining("other files"),
    });
    await expect(resumeRun(shared)).rejects.toMatchObject({ code: "not-found" });
  });

  it("a second process on the same run, until the first has ended", async () => {
    await stoppedRun(5);
    const lock = join(run, "run.lock");
    writeFileSync(lock, String(process.ppid));
    await expect(resumeRun(run)).rejects.toMatchObject({
      code: "bad-spec",
      message: expect.stringContaining(`process ${process.ppid}`),
    });
    writeFileSync(lock, "999999999"); // of a process that was killed
    lockRun(run)();
    expect(existsSync(lock)).toBe(false);
  });

  it("what is held out when it is less than a context", async () => {
    const long = parseRecipe({ ...RECIPE, model: { ...RECIPE.model, n_ctx: 60000 } });
    await expect(
      startRun(long, run, { corpus: join(shared, "packed-long") }),
    ).rejects.toMatchObject({
      code: "bad-spec",
      message: expect.stringContaining("too little text"),
    });
  });

  it("a checkpoint that cannot be written, with those before unharmed", async () => {
    await stoppedRun(5);
    const before = weightsOf(run, 5);
    // A file where the next checkpoint has to go stands for a disk that refuses.
    const controller = new AbortController();
    const failing = resumeRun(run, {
      signal: controller.signal,
      onStep: ({ step }) => {
        if (step !== 6) return;
        cpSync(join(run, "checkpoints"), join(run, "kept"), { recursive: true });
        rmSync(join(run, "checkpoints"), { recursive: true });
        writeFileSync(join(run, "checkpoints"), "no folder");
      },
    });
    await expect(failing).rejects.toMatchObject({ code: "unwritable" });
    rmSync(join(run, "checkpoints"));
    cpSync(join(run, "kept"), join(run, "checkpoints"), { recursive: true });
    expect(weightsOf(run, 5).equals(before)).toBe(true);
    expect(await resumeRun(run)).toMatchObject({ steps: 12 });
  });
});
