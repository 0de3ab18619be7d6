/** `lookback ablate`: heads alone as the library has them, and what must be one however it is asked. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type AblateTargets, ablatePlan } from "../../src/cli/ablate-plan.ts";
import { type AblateResult, ablateHeads } from "../../src/interventions/ablate.ts";
import { HookedTransformer } from "../../src/model/model.ts";
import { readModel } from "../../src/node/read-model.ts";
import { randomPrompts } from "../../src/prompts/random.ts";
import { repeatedPrompts } from "../../src/prompts/repeated.ts";
import { DEFAULT_MODEL } from "../default-model.ts";
import { fromNested } from "../golden/compare.ts";
import { randomModel } from "../random-model.ts";
import { cli, temporaryFolder } from "./run-cli.ts";
import { here } from "./run-here.ts";

/** Runs the command and returns the result that it wrote, and the text that it printed. */
async function ablate(args: readonly string[], run: typeof cli = here) {
  const cwd = temporaryFolder();
  const { code, stdout, stderr } = await run(["ablate", ...args, "--out", "r.json"], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return { ...JSON.parse(readFileSync(join(cwd, "r.json"), "utf8")), text: stdout };
}

const drawn = ["--length", "3", "--batch", "20"];

describe("ablate", () => {
  it("takes every head alone, as ablateHeads does", async () => {
    const args = ["--lengths", "2-3", "--batch", "20", "--kind", "mean"];
    const { lengths, mode, text } = await ablate(args, cli);
    expect(mode).toBe("each");
    const loaded = await readModel(DEFAULT_MODEL);
    using model = await HookedTransformer.create(loaded);
    for (const { length, read, clean, entries } of lengths) {
      const { d_vocab } = loaded.config;
      const prompts = repeatedPrompts({ length, batch: 20, seed: 110, d_vocab, bos: 0 });
      const { tokens, answers } = prompts;
      expect(read).toBe(prompts.read);
      const expected = await ablateHeads(model, { tokens, answers, read, kind: "mean" });
      expect(clean.mean).toBeCloseTo(expected.clean.mean, 4);
      const [values, effect, se] = [expected.values, expected.effect, expected.effectSe].map(
        (nested) => fromNested(nested).data,
      );
      expect(entries).toHaveLength(16);
      for (const [i, entry] of entries.entries()) {
        expect(entry.heads).toEqual([`L${Math.floor(i / 8)}H${i % 8}`]);
        expect(entry.ablated.mean).toBeCloseTo(values?.[i] as number, 4);
        expect(entry.effect.mean).toBeCloseTo(effect?.[i] as number, 4);
        expect(entry.effect.se).toBeCloseTo(se?.[i] as number, 4);
      }
    }
    expect(lengths.map(({ length }: { length: number }) => length)).toEqual([2, 3]);
    expect(text).toMatch(/\n +L1H0 .* L1H7\nlength 2 .*\nlength 3 .*\n\nlength +head +ablated/);
  });

  it("takes a last-layer head with its one path, and pairs as heads together", async () => {
    const pairs = await ablate([...drawn, "--pairs", "--heads", "L0H4,L1H1,L1H3"]);
    const together = await ablate([...drawn, "--heads", "L1H3,L0H4"]);
    const paths = await ablate([...drawn, "--paths", "L1H3:logits,L0H4:L1H3"]);
    const [{ clean, entries }] = pairs.lengths;
    const byName = new Map<string, (typeof entries)[0]>(
      entries.map((entry: { name: string }) => [entry.name, entry]),
    );
    expect([...byName.keys()]).toEqual([
      ...["L0H4", "L1H1", "L1H3"],
      ...["L0H4+L1H1", "L0H4+L1H3", "L1H1+L1H3"],
    ]);
    for (const name of ["L0H4+L1H1", "L0H4+L1H3", "L1H1+L1H3"]) {
      const { heads, effect, interaction } = byName.get(name);
      const alone = heads.map((head: string) => byName.get(head).effect.mean);
      expect(interaction.mean).toBeCloseTo(effect.mean - alone[0] - alone[1], 4);
    }
    expect(pairs.text).toMatch(
      /\n +L0H4 +L1H1 +L1H3\nL0H4 (.*\n){3}\npair .* beyond the two alone\n/,
    );
    const [both] = together.lengths[0].entries;
    expect(both.ablated).toEqual(byName.get("L0H4+L1H3").ablated);
    expect(both.effect.mean).toBeCloseTo(clean.mean - both.ablated.mean, 4);

    const [direct, ...inputs] = paths.lengths[0].entries;
    expect(direct.path).toEqual({ from: "L1H3", to: "logits" });
    expect(direct.ablated.mean).toBeCloseTo(byName.get("L1H3").ablated.mean, 4);
    expect(inputs.map(({ path }: { path: { to: string } }) => path.to)).toEqual([
      ...["L1H3.q", "L1H3.k", "L1H3.v"],
    ]);
  });

  it("keeps heads while the others are ablated", async () => {
    const circuit = "L0H4,L0H5,L1H3";
    const labels = Array.from({ length: 16 }, (_, i) => `L${Math.floor(i / 8)}H${i % 8}`);
    const others = labels.filter((label) => !circuit.includes(label)).join();
    const some = await ablate([...drawn, "--keep", circuit]);
    const rest = await ablate([...drawn, "--heads", others]);
    const all = await ablate([...drawn, "--keep", "all"]);
    expect(some.heads).toEqual(circuit.split(","));
    expect(some.text).toMatch(/length +clean +no heads +only these heads +recovery\n +3 .*\n/);
    const [{ clean, entries }] = some.lengths;
    const [kept, none] = entries;
    expect(kept.heads.join()).toBe(others);
    expect(kept.ablated).toEqual(rest.lengths[0].entries[0].ablated);
    expect(none.heads).toEqual(labels);
    expect(none.recovery).toBeUndefined();
    const share = (kept.ablated.mean - none.ablated.mean) / (clean.mean - none.ablated.mean);
    expect(kept.recovery.mean).toBeCloseTo(share, 3);
    expect(all.lengths[0].entries[0].recovery.mean).toBeCloseTo(1, 5);
    expect(all.lengths[0].entries[0].effect.mean).toBeCloseTo(0, 5);
  });

  it("resamples from random tokens, or from the next prompt where that is asked for", async () => {
    const loaded = await readModel(DEFAULT_MODEL);
    using model = await HookedTransformer.create(loaded);
    const { d_vocab } = loaded.config;
    const spec = { batch: 20, d_vocab, bos: 0 };
    const { tokens, answers, read } = repeatedPrompts({ ...spec, length: 3, seed: 7 });
    const { tokens: others } = randomPrompts({ ...spec, length: 9, seed: 8 });
    const question = { tokens, answers, read, kind: "resample" } as const;
    const effects = async (found: Promise<AblateResult>) => fromNested((await found).effect).data;
    const args = [...drawn, "--seed", "7"];
    for (const [options, resampledFrom, expected] of [
      [[], "random tokens", await effects(ablateHeads(model, { ...question, others }))],
      [
        ["--resample-from", "batch"],
        "next prompt of the batch",
        await effects(ablateHeads(model, question)),
      ],
    ] as const) {
      const { lengths, ...result } = await ablate([...args, ...options]);
      expect(result.resampledFrom).toBe(resampledFrom);
      const measured = lengths[0].entries.map(
        (entry: { effect: { mean: number } }) => entry.effect,
      );
      for (const [i, { mean }] of measured.entries()) {
        expect(mean).toBeCloseTo(expected[i] as number, 4);
      }
    }
  });
});

describe("wrong ablations", () => {
  it.each<[string[], RegExp]>([
    [["--length", "3", "--heads", "L0H8"], /unknown head "L0H8".*did you mean "L0H/],
    [["--length", "3", "--pairs", "--keep", "L0H4"], /--keep and --pairs/],
    [["--length", "3", "--lengths", "2-4"], /--length is one/],
    [["--length", "3", "--batch", "1", "--resample-from", "batch"], /at least 2 prompts/],
    [["--length", "3", "--kind", "mean", "--resample-from", "batch"], /goes with --kind resample/],
    [["--length", "3", "--resample-from", "bach"], /--resample-from.*random, batch/],
  ])("%j", async (args, message) => {
    const { code, stdout, stderr } = await here(["ablate", ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain("    at "); // no stack trace
  });

  const { config } = randomModel({ n_heads: 3 });

  it.each<[AblateTargets, RegExp]>([
    [{ paths: ["L0H1:logits"], heads: ["L0H1"] }, /--paths and --heads/],
    [{ keep: ["L0H1"], heads: ["L0H2"] }, /--keep and --heads/],
    [{ heads: ["embed"] }, /unknown head "embed": this model has heads L0H0 to L1H2/],
    [{ heads: ["L0H1", "L0H1"], pairs: true }, /two heads or more/],
    [{ paths: ["L0H1"] }, /L0H1 is no path/],
    [{ paths: ["L1H2:L0H1.q"] }, /no path L1H2:L0H1.q/],
    [{ paths: ["L0H1:L1H2.w"] }, /q, k or v/],
    [{ keep: ["L2"] }, /no layer 2/],
  ])("%j", (targets, message) => {
    expect(() => ablatePlan(targets, config)).toThrow(message);
  });
});
