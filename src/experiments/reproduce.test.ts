import { beforeAll, describe, expect, test } from "vitest";
import { randomModel } from "../../test/random-model.ts";
import { LookbackError } from "../errors.ts";
import { HookedTransformer } from "../model/model.ts";
import { type ReproduceProgress, reproduce } from "./reproduce.ts";
import { EXPERIMENTS, parseReproduceSpec } from "./reproduce-spec.ts";

/** All experiments, on as few prompts as give a standard error. */
const SMALL = {
  bos: 0,
  figures1And2: { batch: 8 },
  figure3: { batch: 4 },
  figure4: { batch: 4 },
  table: { lengths: [2, 3], batch: 8 },
  figure5: { rows: [{ length: 3, batch: 6 }] },
  ordering: { batch: 4 },
  reversedOrder: { batch: 4 },
  positionRows: { batch: 4 },
  bosBug: { batch: 4 },
  recency: { batch: 4 },
  inductionOnRandomTokens: { batch: 4 },
  tokenOnlyAblated: { batch: 4 },
};

const source = randomModel({ n_ctx: 24, d_vocab: 31, n_layers: 3 });
let model: HookedTransformer;

beforeAll(async () => {
  model = await HookedTransformer.create(source);
});

/** The error that a run is refused with. */
async function refusal(spec: object): Promise<LookbackError> {
  const error = await reproduce(model, parseReproduceSpec({ ...SMALL, ...spec })).catch(
    (reason: unknown) => reason,
  );
  if (error instanceof LookbackError) return error;
  throw new Error(`was not refused: ${String(error)}`);
}

describe("reproduce", () => {
  test("runs every experiment on any model, the same way each time", async () => {
    const spec = parseReproduceSpec(SMALL);
    const first = await reproduce(model, spec);
    expect(Object.keys(first.experiments)).toEqual([...EXPERIMENTS]);
    expect(JSON.stringify(await reproduce(model, spec))).toBe(JSON.stringify(first));
    expect(first.model.isPublished).toBe(false);
    const judged = JSON.stringify(first).match(/"pass":(true|false)/g);
    expect(judged, "numbers of another model are set beside these, not judged").toBeNull();
  });

  test("holds the published model against its published numbers", async () => {
    const impostor = await HookedTransformer.create({ ...source, name: "attn-only-2l" });
    const spec = parseReproduceSpec({
      ...SMALL,
      experiments: ["table", "ordering"],
      table: { lengths: [2] },
      ordering: { batch: 4 },
    });
    const { model: info, experiments } = await reproduce(impostor, spec);
    impostor.dispose();
    expect(info.isPublished).toBe(true);
    expect(experiments.table?.comparisons.map(({ pass }) => pass)).toEqual([false, false, false]);
    // The ordering test's numbers are of 1000 prompts, and these are four.
    expect(experiments.ordering?.comparisons.every(({ pass }) => pass === null)).toBe(true);
  });

  test("runs what is asked for and tells how far it is", async () => {
    const seen: ReproduceProgress[] = [];
    const names: string[] = [];
    const spec = parseReproduceSpec({ ...SMALL, experiments: ["figure5", "table"] });
    const { experiments } = await reproduce(model, spec, {
      onProgress: (progress) => seen.push(progress),
      onResult: (name) => names.push(name),
    });
    expect(Object.keys(experiments)).toEqual(["table", "figure5"]);
    expect(names).toEqual(["table", "figure5"]);
    expect(seen.at(-1)).toEqual({ experiment: "figure5", index: 1, count: 2, share: 1 });
    for (const { share } of seen) expect(share).toBeLessThanOrEqual(1);
  });

  test("can be cancelled between chunks", async () => {
    const controller = new AbortController();
    const spec = parseReproduceSpec(SMALL);
    const running = reproduce(model, spec, {
      signal: controller.signal,
      onResult: () => controller.abort(),
    });
    await expect(running).rejects.toMatchObject({ code: "cancelled" });
  });

  test("takes heads by name", async () => {
    const spec = parseReproduceSpec({
      ...SMALL,
      experiments: ["bosBug"],
      heads: { induction: "L2H1" },
    });
    const { heads, experiments } = await reproduce(model, spec);
    expect(heads.induction).toMatchObject({ label: "L2H1", layer: 2, head: 1, named: true });
    expect(heads.previousToken.named).toBe(false);
    expect(experiments.bosBug?.head).toBe("L2H1");
  });

  test("refuses before it starts what the model cannot do", async () => {
    expect(await refusal({ table: { lengths: [2, 8] } })).toMatchObject({
      code: "sequence-too-long",
      message: expect.stringContaining("the longest that fits is 7"),
    });
    expect(await refusal({ heads: { lookBack: "L0H9" } })).toMatchObject({ code: "unknown-head" });
    expect(await refusal({ bos: null })).toMatchObject({
      code: "bad-spec",
      message: expect.stringContaining("bos_token_id"),
    });
    expect(await refusal({ bos: 31 })).toMatchObject({ code: "bad-spec" });
    expect(await refusal({ tokenOnlyAblated: { batch: 4, keptHead: "L1H1" } })).toMatchObject({
      code: "bad-spec",
      message: expect.stringContaining("must be a head of layer 0, got L1H1"),
    });
  });

  test.each([
    [false, true],
    [true, false],
  ])(
    "takes positions of shortformer %s less their mean: %s",
    async (shortformer_pos, isCentred) => {
      const own = randomModel({ n_ctx: 24, d_vocab: 31, shortformer_pos });
      using positioned = await HookedTransformer.create(own);
      const spec = parseReproduceSpec({ ...SMALL, experiments: ["positionalEmbeddings"] });
      const { experiments } = await reproduce(positioned, spec);
      const W_pos = own.weights.get("pos_embed.W_pos")?.data ?? new Float32Array();
      const row = W_pos.subarray(0, own.config.d_model);
      const mean = isCentred ? row.reduce((sum, x) => sum + x, 0) / row.length : 0;
      const norm = Math.sqrt(row.reduce((sum, x) => sum + (x - mean) ** 2, 0));
      expect(experiments.positionalEmbeddings?.norms[0]).toBeCloseTo(norm, 5);
    },
  );

  test("keeps the only head of a layer that has one", async () => {
    using single = await HookedTransformer.create(randomModel({ n_ctx: 24, n_heads: 1 }));
    const { experiments } = await reproduce(single, parseReproduceSpec(SMALL));
    expect(Object.keys(experiments)).toEqual([...EXPERIMENTS]);
    expect(experiments.tokenOnlyAblated?.spec.keptHead).toBe("L0H0");
    const named = parseReproduceSpec({
      ...SMALL,
      tokenOnlyAblated: { batch: 4, keptHead: "L0H2" },
    });
    await expect(reproduce(single, named)).rejects.toMatchObject({ code: "unknown-head" });
  });

  test("needs a second layer", async () => {
    using shallow = await HookedTransformer.create(randomModel({ n_layers: 1, n_ctx: 64 }));
    const running = reproduce(shallow, parseReproduceSpec({ ...SMALL, experiments: ["table"] }));
    await expect(running).rejects.toMatchObject({ code: "unsupported" });
  });
});

describe("parseReproduceSpec", () => {
  test("fills in the protocol's seeds and batches", () => {
    const spec = parseReproduceSpec({ table: { batch: 10 } });
    expect(spec.table).toEqual({ lengths: [2, 3, 4, 5, 6, 7], batch: 10, seed: 120 });
    expect(spec.experiments).toEqual([...EXPERIMENTS]);
  });

  test.each([
    [{ table: { batch: 0 } }, "table.batch"],
    [{ table: { lengths: [2, 1] } }, "table.lengths.1"],
    [{ figure5: { seed: -1 } }, "figure5.seed"],
    [{ experiments: ["tables"] }, "experiments.0"],
    [{ tabel: {} }, "tabel"],
    [{ ordering: { batches: 3 } }, "batches"],
  ])("names what is wrong in %j", (json, field) => {
    expect(() => parseReproduceSpec(json)).toThrow(
      expect.objectContaining({ code: "bad-spec", message: expect.stringContaining(field) }),
    );
  });

  test("takes nothing but an object", () => {
    expect(() => parseReproduceSpec([])).toThrow("a spec is a JSON object");
  });
});
