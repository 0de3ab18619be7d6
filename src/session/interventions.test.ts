import { describe, expect, it } from "vitest";
import { fromNested } from "../../test/golden/compare.ts";
import { randomModel } from "../../test/random-model.ts";
import { ablate, apart, patch, SMALL, session } from "../../test/session.ts";
import type { NdArray } from "../engine/ndarray.ts";
import { liveTensors, tensor } from "../engine/tensor.ts";
import { ablateHeads, ablateRewired } from "../interventions/ablate.ts";
import { activationPatch } from "../interventions/patch.ts";
import { estimate } from "../measures/statistics.ts";
import type { HookName } from "../model/hooks.ts";
import { HookedTransformer } from "../model/model.ts";
import type { HookEntry } from "../model/run-options.ts";
import { truncateTokens } from "../model/tokens.ts";
import { interventionHooks } from "./interventions.ts";
import { logitDifferencesOf } from "./patched-differences.ts";
import type { Session } from "./session.ts";
import type { Intervention, SessionSpec } from "./spec.ts";

const source = randomModel({ n_layers: 2, n_heads: 3 });
const BATCH = 6;
const ALL = [0, BATCH] as const;

async function meanDifference(session: Session, spec: SessionSpec): Promise<number> {
  const { answers } = session.prompts(spec.prompt);
  const pairs = answers ?? [];
  const answered = { pairs, from: "prompts" } as const;
  return estimate(await logitDifferencesOf(session, spec, { answers: answered, rows: ALL })).mean;
}

/** All logits of the prompt that runs, under hooks. */
async function logits(session: Session, spec: SessionSpec, hooks: HookEntry[]): Promise<NdArray> {
  const prompts = session.prompts(spec.prompt);
  const tokens = spec.runs === "clean" ? prompts.clean : prompts.corrupted;
  if (tokens === null) throw new Error("no corrupted prompt");
  const ask = { logits: true, positions: "all", mode: spec.mode, hooks } as const;
  return (await session.model.run(tokens, ask)).logits as NdArray;
}

/** The hooks of one intervention by brute force: every number of the activation is looked at. */
async function byBruteForce(
  session: Session,
  { prompt, runs, mode }: SessionSpec,
  intervention: Intervention,
): Promise<HookEntry> {
  const { clean, corrupted } = session.prompts(prompt);
  if (corrupted === null) throw new Error("no corrupted prompt");
  const { head, position } = intervention;
  const component = intervention.kind === "patch" ? intervention.component : "z";
  const name: HookName = `blocks.${head.layer}.attn.hook_${component}`;
  const read = async (tokens: typeof clean) =>
    (await session.model.run(tokens, { names: [name], mode })).activations.get(name);
  const [own, other] = [await read(clean), await read(corrupted)];
  const [mine, theirs] = runs === "clean" ? [own, other] : [other, own];
  const [batch = 0, second = 0, third = 0, width = 0] = mine.shape;
  const data = mine.data.slice();
  const number = (b: number, i: number, j: number, d: number) =>
    ((b * second + i) * third + j) * width + d;
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < second; i++) {
      for (let j = 0; j < third; j++) {
        const [h, p] = component === "pattern" ? [i, j] : [j, i];
        if (h !== head.head || (position !== null && p !== position)) continue;
        for (let d = 0; d < width; d++) {
          const at = number(b, i, j, d);
          const rows = Array.from({ length: batch }, (_, r) => mine.data[number(r, i, j, d)] ?? 0);
          if (intervention.kind === "patch") data[at] = theirs.data[at] as number;
          else if (intervention.by === "zero") data[at] = 0;
          else if (intervention.by === "resample") data[at] = rows[(b + 1) % batch] as number;
          else data[at] = rows.reduce((sum, x) => sum + x, 0) / batch;
        }
      }
    }
  }
  return [name, () => tensor({ shape: mine.shape, data })];
}

const INTERVENTIONS: readonly Intervention[] = [
  patch("z", 0, 1),
  patch("q", 0, 2, 7),
  patch("k", 1, 0),
  patch("v", 1, 2, 7),
  patch("pattern", 1, 1),
  patch("pattern", 0, 0, 8),
  ablate("zero", 0, 2),
  ablate("mean", 1, 1),
  ablate("mean", 0, 0, 4),
  ablate("resample", 0, 1),
  ablate("resample", 1, 2, 8),
];

/** Of a context that too many numbers fit into. */
const ROOMY = randomModel({ n_heads: 3, n_ctx: 4096 });

describe("interventionHooks", () => {
  it.each(
    INTERVENTIONS.flatMap((intervention) =>
      (["clean", "corrupted"] as const).map((runs) => [runs, intervention] as const),
    ),
  )("as by brute force: %s, %o", async (runs, intervention) => {
    using model = await HookedTransformer.create(source);
    const small = session(model);
    for (const mode of ["total", "position-only", "token-only"] as const) {
      const spec = { ...SMALL, runs, mode, interventions: [intervention] };
      const given = await logits(small, spec, await interventionHooks(small, spec));
      const expected = await logits(small, spec, [await byBruteForce(small, spec, intervention)]);
      expect(apart(given, expected)).toBeLessThan(1e-5);
    }
  });

  it("does several at once, and the later of two in the same place", async () => {
    using model = await HookedTransformer.create(source);
    const small = session(model);
    const both = [
      ablate("zero", 0, 1),
      patch("v", 1, 2, 5),
      patch("z", 0, 2),
      ablate("mean", 0, 1),
    ];
    const spec = { ...SMALL, interventions: both };
    const later = { ...SMALL, interventions: both.slice(1) };
    const given = await logits(small, spec, await interventionHooks(small, spec));
    const alone = await logits(small, later, await interventionHooks(small, later));
    expect(apart(given, alone)).toBe(0);
  });

  it("has none where nothing is done", async () => {
    using model = await HookedTransformer.create(source);
    expect(await interventionHooks(session(model), SMALL)).toEqual([]);
  });

  it("ends at the other run's logits where all heads are patched, behind the last difference", async () => {
    for (const shortformer_pos of [false, true]) {
      using model = await HookedTransformer.create(randomModel({ n_heads: 3, shortformer_pos }));
      const small = session(model);
      const heads = [0, 1].flatMap((layer) => [0, 1, 2].map((head) => patch("z", layer, head)));
      const spec = { ...SMALL, interventions: heads };
      const { read, changed } = small.prompts(SMALL.prompt);
      expect(changed).toEqual([7]);
      const given = await logits(small, spec, await interventionHooks(small, spec));
      const other = await logits(small, { ...SMALL, runs: "corrupted" }, []);
      const own = await logits(small, SMALL, []);
      const atRead = ({ shape, data }: NdArray): NdArray => {
        const [batch = 0, length = 0, d_vocab = 0] = shape;
        const rows = Array.from({ length: batch }, (_, row) =>
          Array.from(data.subarray((row * length + read) * d_vocab).subarray(0, d_vocab)),
        );
        return { shape: [batch, d_vocab], data: Float32Array.from(rows.flat()) };
      };
      expect(apart(atRead(given), atRead(other))).toBeLessThan(1e-5);
      expect(apart(atRead(own), atRead(other))).toBeGreaterThan(1e-2);
    }
  });

  it("patches as activationPatch does, in both directions", async () => {
    using model = await HookedTransformer.create(source);
    const small = session(model);
    const { clean, corrupted, answers, read } = small.prompts(SMALL.prompt);
    if (corrupted === null || answers === null) throw new Error("repeated prompts have both");
    for (const component of ["z", "k", "pattern"] as const) {
      for (const direction of ["denoise", "noise"] as const) {
        const request = { clean, corrupted, answers, read, component, direction };
        const { values } = await activationPatch(model, { ...request, by: "head-position" });
        const expected = fromNested(values); // [L, P, H]
        for (const [layer, position, head] of [
          [0, 7, 1],
          [0, 8, 2],
          [1, 8, 0],
        ] as const) {
          const runs = direction === "denoise" ? "corrupted" : "clean";
          const interventions = [patch(component, layer, head, position)];
          const given = await meanDifference(small, { ...SMALL, runs, interventions });
          const at = (layer * clean.length + position) * 3 + head;
          expect(given).toBeCloseTo(expected.data[at] as number, 4);
        }
      }
    }
  });

  it.each(["zero", "mean", "resample"] as const)("ablates by %s as the library", async (by) => {
    using model = await HookedTransformer.create(source);
    const small = session(model);
    const { clean: tokens, answers, read } = small.prompts(SMALL.prompt);
    const question = { tokens, answers: answers ?? [], read, kind: by };
    const alone = fromNested((await ablateHeads(model, question)).values);
    const given = await meanDifference(small, { ...SMALL, interventions: [ablate(by, 1, 2)] });
    expect(given).toBeCloseTo(alone.data[5] as number, 4);

    const heads = [
      { layer: 0, head: 0 },
      { layer: 0, head: 2 },
      { layer: 1, head: 1 },
    ];
    const together = await ablateRewired(model, { ...question, rewirings: [{ heads }] });
    const interventions = heads.map(({ layer, head }) => ablate(by, layer, head));
    const all = await meanDifference(small, { ...SMALL, interventions });
    expect(all).toBeCloseTo(estimate(together.ablated[0] ?? []).mean, 4);
  });

  it("takes rows from where they are, and runs that end early", async () => {
    using model = await HookedTransformer.create(source);
    const small = session(model);
    const interventions = [
      ablate("resample", 0, 1),
      patch("pattern", 1, 2),
      ablate("mean", 1, 0, 9),
    ];
    const spec = { ...SMALL, interventions };
    const whole = await logits(small, spec, await interventionHooks(small, spec));
    const { clean } = small.prompts(SMALL.prompt);
    const length = 8;
    const last = { batch: 1, length: clean.length, ids: clean.ids.slice(5 * clean.length) };
    const hooks = await interventionHooks(small, spec, { firstRow: 5 });
    const ask = { logits: true, positions: "all", hooks } as const;
    const part = await model.run(truncateTokens(last, length), ask);
    const size = clean.length * 11;
    const expected = whole.data.subarray(5 * size, 5 * size + length * 11);
    expect(apart(part.logits as NdArray, { shape: [1, length, 11], data: expected })).toBeLessThan(
      1e-5,
    );
  });

  it("takes activations from kept runs once they are known", async () => {
    using model = await HookedTransformer.create(source);
    const small = session(model);
    const spec = { ...SMALL, interventions: [patch("z", 0, 0), ablate("mean", 0, 1)] };
    const names = new Set<HookName>(["blocks.0.attn.hook_z"]);
    await interventionHooks(small, spec);
    const kept = await small.activations(spec.prompt, "corrupted", "total", names);
    await interventionHooks(small, spec);
    const again = await small.activations(spec.prompt, "corrupted", "total", names);
    const z = "blocks.0.attn.hook_z";
    expect(again.get(z)).toBe(kept.get(z));
    const other = await small.activations(spec.prompt, "corrupted", "token-only", names);
    expect(other.get(z)).not.toBe(kept.get(z));
  });

  it("frees what it makes", async () => {
    using model = await HookedTransformer.create(source);
    const small = session(model);
    const before = liveTensors();
    await meanDifference(small, { ...SMALL, interventions: [...INTERVENTIONS] });
    expect(liveTensors()).toBe(before);
  });

  it.each<[string, Partial<SessionSpec>, string, RegExp]>([
    ["head", { interventions: [patch("z", 0, 3)] }, "unknown-head", /intervention 1 .*L0H3.*L1H2/],
    ["position", { interventions: [patch("z", 0, 1, 10)] }, "bad-spec", /position 10 .*0 to 9/],
    [
      "mean of one prompt",
      {
        interventions: [ablate("zero", 0, 0), ablate("mean", 0, 1)],
        prompt: { ...SMALL.prompt, batch: 1 } as SessionSpec["prompt"],
      },
      "bad-spec",
      /intervention 2 \(mean ablation of L0H1\) needs a batch of at least 2.*itself/,
    ],
    [
      "resampling one prompt",
      {
        interventions: [ablate("resample", 0, 1)],
        prompt: { ...SMALL.prompt, batch: 1 } as SessionSpec["prompt"],
      },
      "bad-spec",
      /no other prompt to take an output from/,
    ],
    [
      "size",
      {
        interventions: [ablate("resample", 0, 1)],
        prompt: { ...SMALL.prompt, length: 1000, batch: 20 } as SessionSpec["prompt"],
      },
      "bad-spec",
      /on 20 prompts of 3001 tokens need \d+ numbers.*use fewer prompts/,
    ],
    [
      "nothing to patch from",
      {
        interventions: [patch("z", 0, 1)],
        prompt: { kind: "pattern", pattern: "BOS A B A", batch: 2, seed: 0 },
      },
      "bad-spec",
      /no other prompt to take from; give a corrupted one/,
    ],
  ])("refuses a wrong %s", async (_, part, code, message) => {
    using model = await HookedTransformer.create(ROOMY);
    const hooks = interventionHooks(session(model), { ...SMALL, ...part });
    await expect(hooks).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});
