import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { Look } from "../development/look.ts";
import { LookbackError } from "../errors.ts";
import type { LoadedModel } from "../loading/model-files.ts";
import type { HookedTransformer } from "../model/model.ts";
import { KeptLooks, type MeasureWork, measuredLooks } from "./development-looks.ts";
import type { CheckpointPlace, DevelopmentSource } from "./development-source.ts";

it("passes over a checkpoint that is gone by now, and none that is only damaged", async () => {
  const path = mkdtempSync(join(tmpdir(), "lookback-looks-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  for (const step of [1, 3]) mkdirSync(join(path, `step-${step}`));
  const place = (step: number, error?: LookbackError): CheckpointPlace => ({
    name: `step-${step}`,
    step,
    tokens: step,
    read: async () => {
      if (error !== undefined) throw error;
      return { hash: String(step) } as LoadedModel;
    },
  });
  const warnings: string[] = [];
  const work: MeasureWork = {
    create: async () => ({ [Symbol.dispose]: () => {} }) as HookedTransformer,
    lookAt: async () => ({}) as Look,
    looks: new KeptLooks(undefined, false),
    context: {
      signal: new AbortController().signal,
      progress: { show: () => {}, clear: () => {} },
      warn: (message: string) => warnings.push(message),
      tell: () => {},
    },
    done: 0,
    total: 3,
  };
  const measured = (...checkpoints: CheckpointPlace[]) => {
    const source = { path, name: "run", checkpoints } as unknown as DevelopmentSource;
    return measuredLooks(source, null, { device: "wasm", version: "", seed: 0, bos: 0 }, work);
  };
  const gone = new LookbackError("not-found", "there is no file");
  const found = await measured(place(1), place(2, gone), place(3));
  expect(found.map(({ step }) => step)).toEqual([1, 3]);
  expect(warnings).toEqual([expect.stringContaining(`${join(path, "step-2")} has gone since`)]);
  await expect(measured(place(1, gone))).rejects.toBe(gone);
});
