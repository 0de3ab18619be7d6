import { mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type HubServer, sha256, startHubServer } from "../../test/hub-server.ts";
import { LookbackError } from "../errors.ts";
import { listModels, readModel } from "./read-model.ts";

const fixture = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const golden = fixture("test/fixtures/golden/standard-ln");
const config = await readFile(join(golden, "config.json"));
const checkpoint = await readFile(join(golden, "model_final.pth"));
const tokenizer = await readFile(fixture("models/standard-2l/tokenizer.json"));

const POSTS_MODEL = "NeelNanda/Attn_Only_2L512W_C4_Code";
const TOKENIZER = "NeelNanda/gpt-neox-tokenizer-digits";

let server: HubServer;
let cacheDir: string;

beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), "lookback-models-"));
  const withMlp = JSON.stringify({ ...JSON.parse(config.toString()), attn_only: false });
  server = await startHubServer({
    [POSTS_MODEL]: { files: { "config.json": config, "Attn_2L_v9_final.pth": checkpoint } },
    [TOKENIZER]: { files: { "README.md": Buffer.from("digits"), "tokenizer.json": tokenizer } },
    "owner/complete": {
      files: {
        "config.json": config,
        "model.safetensors": await readFile(join(golden, "model.safetensors")),
        "tokenizer.json": tokenizer,
      },
    },
    "owner/no-weights": { files: { "config.json": config } },
    "owner/mlp": { files: { "config.json": Buffer.from(withMlp), "final.pth": checkpoint } },
    "ArthurConmy/redwood_attn_2l": { files: { "config.json": config, "final.pth": checkpoint } },
    "ArthurConmy/redwood_tokenizer": { files: { "tokenizer.json": Buffer.from("{}") } },
  });
  vi.stubEnv("HF_ENDPOINT", server.endpoint);
  vi.stubEnv("HF_HUB_CACHE", cacheDir);
  vi.stubEnv("HF_TOKEN", undefined);
  vi.stubEnv("HF_HUB_OFFLINE", undefined);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server[Symbol.asyncDispose]();
  await rm(cacheDir, { recursive: true, force: true });
});

async function failureOf(work: Promise<unknown>): Promise<LookbackError> {
  const error = await work.then(
    () => new Error("nothing failed"),
    (reason: unknown) => reason,
  );
  if (error instanceof LookbackError) return error;
  throw error;
}

describe("readModel", () => {
  it("reads bundled models and folders without the hub", async () => {
    const bundled = await readModel("standard-2l");
    expect(bundled.name).toBe("standard-2l");
    expect(bundled.tokenizer?.encode("the")).toEqual([835]);
    const folder = await readModel(golden);
    expect(folder.name).toBe("standard-ln");
    expect(folder.config.n_layers).toBe(2);
    expect(server.requests).toEqual([]);
  });

  it("reads the post's model by TransformerLens' name, with its BOS and tokenizer", async () => {
    const labels = new Set<string>();
    const model = await readModel("attn-only-2l", { onProgress: ({ label }) => labels.add(label) });
    expect(model.name).toBe("attn-only-2l");
    expect(model.hash).toBe(sha256(checkpoint));
    expect(model.config.bos_token_id).toBe(1);
    expect(model.config.tokenizer_name).toBe(TOKENIZER);
    expect(model.tokenizer?.encode("the")).toEqual([835]);
    expect([...labels].sort()).toEqual([
      `${POSTS_MODEL}/Attn_2L_v9_final.pth`,
      `${POSTS_MODEL}/config.json`,
      `${TOKENIZER}/tokenizer.json`,
    ]);
  });

  it("reads a hub id, and again without a network", async () => {
    const first = await readModel("owner/complete");
    expect(first.name).toBe("owner/complete");
    expect(first.tokenizer?.encode("the")).toEqual([835]);
    await server[Symbol.asyncDispose]();
    const again = await readModel("owner/complete");
    expect(again.hash).toBe(first.hash);
    expect(again.tokenizer?.encode("the")).toEqual([835]);
  });

  it("does without a tokenizer that cannot be had, and says so", async () => {
    const warnings: string[] = [];
    const model = await readModel("redwood_attn_2l", { onWarning: (text) => warnings.push(text) });
    expect(model.tokenizer).toBeNull();
    expect(model.config.bos_token_id).toBeNull();
    expect(warnings).toEqual([expect.stringContaining("there is no tokenizer")]);
  });

  it("refuses what it cannot run before it downloads the weights", async () => {
    const error = await failureOf(readModel("owner/mlp"));
    expect(error.code).toBe("bad-config");
    expect(server.requests.filter(({ path }) => path.startsWith("/blobs/"))).toEqual([]);
  });

  it("says when a repository has no weights", async () => {
    const error = await failureOf(readModel("owner/no-weights"));
    expect(error.code).toBe("not-found");
    expect(error.message).toContain('"owner/no-weights" on the hub has no weights');
  });

  it("notices a cached file that has changed since", async () => {
    await readModel("owner/complete");
    const blob = await realpath(
      join(cacheDir, "models--owner--complete/snapshots", server.commit, "model.safetensors"),
    );
    const bytes = await readFile(blob);
    bytes[bytes.length - 4] = (bytes[bytes.length - 4] ?? 0) ^ 1; // the last mantissa bit
    await writeFile(blob, bytes);
    const error = await failureOf(readModel("owner/complete"));
    expect(error.code).toBe("bad-file");
    expect(error.message).toContain(`${blob} in the hub cache is damaged`);
  });

  it("suggests the name that was meant", async () => {
    const error = await failureOf(readModel("standart-2l"));
    expect(error.code).toBe("unknown-model");
    expect(error.message).toContain('did you mean "standard-2l"?');
  });

  it("says of a hub id that is not there that there is no such folder either", async () => {
    const error = await failureOf(readModel("models/nope"));
    expect(error.code).toBe("unauthorised");
    expect(error.message).toMatch(
      /^there is no folder models\/nope, so it was taken for a model of the hub: .* does not let you read/,
    );
  });

  it("stops when it is told to", async () => {
    const error = await failureOf(readModel("attn-only-2l", { signal: AbortSignal.abort() }));
    expect(error.code).toBe("cancelled");
    expect(server.requests).toEqual([]);
  });
});

describe("listModels", () => {
  it("lists what there is, and what is cached", async () => {
    await readModel("attn-only-2l");
    server.requests.length = 0;
    const { bundled, known } = await listModels();
    expect(bundled.map(({ name }) => name)).toContain("standard-2l");
    expect(known.map(({ name }) => name)).toEqual([
      "attn-only-1l",
      "attn-only-2l",
      "attn-only-3l",
      "attn-only-4l",
      "attn-only-2l-demo",
      "redwood_attn_2l",
    ]);
    expect(known.filter(({ cached }) => cached).map(({ id }) => id)).toEqual([POSTS_MODEL]);
    expect(server.requests).toEqual([]);
  });
});
