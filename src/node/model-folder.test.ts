import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LookbackError } from "../errors.ts";
import { readJson, readModelFolder } from "./model-folder.ts";

const golden = fileURLToPath(new URL("../../test/fixtures/golden/standard-ln/", import.meta.url));

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lookback-folder-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function failureOf(work: Promise<unknown>): Promise<LookbackError> {
  const error = await work.then(
    () => new Error("nothing failed"),
    (reason: unknown) => reason,
  );
  if (error instanceof LookbackError) return error;
  throw error;
}

const put = (source: string, target: string) =>
  copyFile(join(golden, source), join(folder, target));

describe("readModelFolder", () => {
  it("reads safetensors and checkpoints of any name to the same weights", async () => {
    await put("config.json", "config.json");
    await put("model_final.pth", "Anything_v3_final.pth");
    const fromCheckpoint = await readModelFolder(folder);
    await put("model.safetensors", "model.safetensors");
    const fromSafetensors = await readModelFolder(`${folder}/`);
    expect(fromCheckpoint.name).toBe(fromSafetensors.name);
    expect(fromCheckpoint.tokenizer).toBeNull();
    expect(fromCheckpoint.hash).not.toBe(fromSafetensors.hash);
    for (const [key, weight] of fromSafetensors.weights) {
      expect(fromCheckpoint.weights.get(key)?.data).toEqual(weight.data);
    }
  });

  it("reads the weights file that it is pointed to", async () => {
    await put("config.json", "config.json");
    await put("model_final.pth", "a_final.pth");
    await put("model_half.pth", "half.pth");
    await put("model_final.pth", "b_final.pth");
    const several = await failureOf(readModelFolder(folder));
    expect(several.code).toBe("bad-file");
    expect(several.message).toContain("a_final.pth, b_final.pth");
    const half = await readModelFolder(join(folder, "half.pth"));
    const whole = await readModelFolder(join(folder, "a_final.pth"));
    expect(half.weights.size).toBe(whole.weights.size);
    expect(half.hash).not.toBe(whole.hash);
  });

  it("fills in the BOS of a tokenizer that the config names", async () => {
    const config = await readJson(join(golden, "config.json"));
    const named = Object.assign({}, config, {
      tokenizer_name: "NeelNanda/gpt-neox-tokenizer-digits",
    });
    await writeFile(join(folder, "config.json"), JSON.stringify(named));
    await put("model.safetensors", "model.safetensors");
    expect((await readModelFolder(folder)).config.bos_token_id).toBe(1);
  });

  it("says what is missing", async () => {
    const nowhere = await failureOf(readModelFolder(join(folder, "nowhere")));
    expect(nowhere.code).toBe("not-found");
    expect(nowhere.message).toContain(join(folder, "nowhere"));
    const empty = await failureOf(readModelFolder(folder));
    expect(empty.code).toBe("not-found");
    expect(empty.message).toContain("has no config.json");
    await put("config.json", "config.json");
    const noWeights = await failureOf(readModelFolder(folder));
    expect(noWeights.code).toBe("not-found");
    expect(noWeights.message).toContain("has no weights");
  });

  it("says what cannot be read", async () => {
    await put("config.json", "config.json");
    await mkdir(join(folder, "model.safetensors"));
    const notAFile = await failureOf(readModelFolder(folder));
    expect(notAFile.code).toBe("bad-file");
    expect(notAFile.message).toContain("EISDIR");
    await writeFile(join(folder, "config.json"), '{"n_layers": 2,');
    const notJson = await failureOf(readModelFolder(folder));
    expect(notJson.code).toBe("bad-file");
    expect(notJson.message).toContain("config.json is not JSON");
  });

  it("names the file when its content is bad", async () => {
    await put("config.json", "config.json");
    await writeFile(join(folder, "model.safetensors"), "not weights");
    const error = await failureOf(readModelFolder(folder));
    expect(error.message).toContain(join(folder, "model.safetensors"));
  });
});
