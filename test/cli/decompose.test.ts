/** `lookback decompose`: parts that add up to what a run gives, of heads and positions by their names. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { positionNamed } from "../../src/cli/positions.ts";
import { at, type NdArray } from "../../src/engine/ndarray.ts";
import { parseHead } from "../../src/model/heads.ts";
import { HookedTransformer } from "../../src/model/model.ts";
import type { TokenBatch } from "../../src/model/tokens.ts";
import { readModel } from "../../src/node/read-model.ts";
import { askedBothWays, repeatedPrompts } from "../../src/prompts/repeated.ts";
import { CIRCUIT, DEFAULT_MODEL } from "../default-model.ts";
import { cli, temporaryFolder } from "./run-cli.ts";
import { here } from "./run-here.ts";

const drawn = ["decompose", "--length", "3", "--batch", "20"];

interface Part {
  readonly mean: number;
}

const sumOf = (parts: readonly Part[]) => parts.reduce((sum, { mean }) => sum + mean, 0);

/** The prompts that are drawn, and the mean over them of a number of each. */
async function prompts() {
  const loaded = await readModel(DEFAULT_MODEL);
  const { d_vocab } = loaded.config;
  return {
    loaded,
    ...repeatedPrompts({ length: 3, batch: 20, seed: 110, d_vocab, bos: 0 }),
  };
}

describe("decompose", () => {
  it("takes the best induction head's score on B less on D apart", async () => {
    const { code, stdout, stderr } = await cli([...drawn, "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const result = JSON.parse(stdout);
    const { head, chosenBy, query, key, sources, total, parts, byQuery, byKey } = result;
    expect({ head, chosenBy, query, key }).toEqual({
      head: CIRCUIT.induction,
      chosenBy: "induction score",
      query: 8,
      key: [3, 6],
    });
    const asked = { length: 3, batch: 20, seed: 110, bos: 0, read: 8, bothWays: false };
    expect(result.prompts).toEqual(asked);
    expect(sources.slice(0, 3)).toEqual(["embed", "pos", "L0H0"]);
    for (const [s, row] of parts.entries()) expect(sumOf(row)).toBeCloseTo(byQuery[s].mean, 3);
    expect(sumOf(byQuery)).toBeCloseTo(total.mean, 3);
    expect(sumOf(byKey)).toBeCloseTo(total.mean, 3);

    const { loaded, tokens } = await prompts();
    using model = await HookedTransformer.create(loaded);
    const meanOf = async (prompts: TokenBatch) => {
      const name = "blocks.1.attn.hook_attn_scores";
      const scores = (await model.run(prompts, { names: [name] })).activations.get(name);
      const differences = Array.from({ length: 20 }, (_, row) => {
        const { data } = at(scores, row, parseHead(CIRCUIT.induction, model).head, 8);
        return (data[3] as number) - (data[6] as number);
      });
      return differences.reduce((sum, value) => sum + value, 0) / 20;
    };
    expect(total.mean).toBeCloseTo(await meanOf(tokens), 3);

    const both = JSON.parse((await cli([...drawn, "--both-ways", "--json"])).stdout);
    const { d_vocab } = loaded.config;
    const { second } = askedBothWays({ length: 3, batch: 20, seed: 110, d_vocab, bos: 0 });
    const half = ((await meanOf(tokens)) - (await meanOf(second.tokens))) / 2;
    expect(both.total.mean).toBeCloseTo(half, 3);
    expect(both.prompts.bothWays).toBe(true);
  });

  it("shows sums at the ends of its tables, and takes heads and positions by name", async () => {
    const cwd = temporaryFolder();
    const named = ["--head", "l1h1", "--query", "7:A", "--keys", "1:A,C", "--out", "s.json"];
    const { code, stdout } = await here([...drawn, ...named], { cwd, width: 80 });
    expect(code).toBe(0);
    const written = JSON.parse(readFileSync(join(cwd, "s.json"), "utf8"));
    const { head, chosenBy, query, key, total } = written;
    expect({ head, chosenBy, query, key }).toEqual({
      ...{ head: "L1H1", chosenBy: "name" },
      ...{ query: 7, key: [1, 4] },
    });
    expect(stdout.replace(/\s+/g, " ")).toMatch(
      /score of L1H1 from 7:A on 1:A less on 4:C, 20 prompts of length 3/,
    );
    const sum = total.mean.toFixed(2).replace("-", "−");
    expect(stdout).toContain(`score difference ${sum} [`);
    expect(stdout).toMatch(new RegExp(`\\n +.* sum\\n(.*\\n)+sum .* ${sum}\\n`));
    expect(stdout).toMatch(new RegExp(`\\nsum +${sum} \\[.*\\] +${sum} \\[.*\\]\\n`));
    expect(stdout).toMatch(/at the query +at the keys +part +95% interval\n/);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it("takes the logit difference apart, and heads by the position that they read", async () => {
    const cwd = temporaryFolder();
    const args = [...drawn, "--of", "logits", "--out", "l.json"];
    const { code, stdout, stderr } = await here(args, { cwd, width: 120 });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const written = JSON.parse(readFileSync(join(cwd, "l.json"), "utf8"));
    const { of, position, sources, total, parts, byKey } = written;
    expect({ of, position }).toEqual({ of: "logits", position: 8 });
    expect(sumOf(parts)).toBeCloseTo(total.mean, 3);
    const l1h3 = byKey.mean[1][3].reduce((sum: number, value: number) => sum + value, 0);
    expect(l1h3).toBeCloseTo(parts[sources.indexOf("L1H3")].mean, 3);

    const { loaded, tokens, answers } = await prompts();
    using model = await HookedTransformer.create(loaded);
    const { logits } = await model.run(tokens, { logits: true, positions: "all" });
    const differences = answers.map(([b, d], row) => {
      const { data } = at(logits as NdArray, row, 8);
      return (data[b] as number) - (data[d] as number);
    });
    const mean = differences.reduce((sum, value) => sum + value, 0) / 20;
    expect(total.mean).toBeCloseTo(mean, 3);
    expect(stdout).toContain(`mean logit difference ${mean.toFixed(2)} [`);
    expect(stdout).toMatch(/source +part +95% interval\n(.+\n)+sum +\d/);
    expect(stdout).toMatch(
      new RegExp(` 0:BOS +1:A +2:X .* 8:X +sum\n(L.*\n)*${CIRCUIT.induction} `),
    );
  });
});

describe("wrong decompositions", () => {
  it.each<[string[], RegExp]>([
    [["decompose"], /--length <n>/],
    [[...drawn, "--of", "logits", "--head", "L1H3"], /--head goes with --of score/],
    [[...drawn, "--head", "L0H9"], /unknown head "L0H9".*did you mean "L0H/],
    [[...drawn, "--keys", "B"], /--keys takes two positions/],
    [[...drawn, "--keys", "A,D"], /--keys: "A" names 1:A, 7:A; say which/],
    [[...drawn, "--query", "4", "--keys", "B,D"], /--keys: no position "D".*0:BOS.*4:C$/m],
    [["decompose", "--length", "100"], /301 tokens do not fit/],
  ])("%j", async (args, message) => {
    const { code, stdout, stderr } = await here(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain("    at "); // no stack trace
  });

  it("are positions that have no name of their own", () => {
    const places = { labels: ["0", "1", "2"], last: 1 };
    expect(positionNamed("--query", "1", places)).toBe(1);
    expect(() => positionNamed("--query", "2", places)).toThrow(
      'no position "2"; name one of 0, 1',
    );
  });
});
