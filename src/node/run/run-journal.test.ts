import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { tokensInMemory } from "../../corpus/pack.ts";
import { parseRecipe } from "../../training/recipe.ts";
import type { CorpusManifest } from "../corpus/manifest.ts";
import { listCheckpoints } from "./run-files.ts";
import { Journal } from "./run-journal.ts";

it("has its log on the disk before the checkpoint behind it is there", async () => {
  const run = mkdtempSync(join(tmpdir(), "lookback-journal-"));
  onTestFinished(() => rmSync(run, { recursive: true }));
  const recipe = parseRecipe({ name: "test", corpus: { sources: ["nowhere"] }, steps: 10 });
  const order: string[] = [];
  let found: Promise<readonly number[]> | undefined;
  const log = {
    append: ({ kind, step }: { kind: string; step: number }) => order.push(`${kind} ${step}`),
    sync: () => {
      order.push("on disk");
      found = listCheckpoints(run);
    },
  };
  const stream = tokensInMemory(new Uint16Array(600), 0);
  const corpus = {
    manifest: { vocabulary: 300, bos: 0 } as CorpusManifest,
    tokenizer: {},
    train: stream,
    heldOut: stream,
    close: () => {},
  };
  const files = { config: "{}", tokenizer: "{}" };
  const journal = new Journal(run, recipe, { log, files, corpus: "" }, corpus, undefined);
  journal.step({ step: 1, of: 10, tokens: 1, loss: 2 });
  await journal.point(1, { weights: new Map(), optimizer: { steps: 1, memory: undefined } });
  expect(order).toEqual(["step 1", "on disk"]);
  expect(await found).toEqual([]);
  expect(await listCheckpoints(run)).toEqual([1]);
});
