/** What `lookback heads` gives: a table of every head that fits its terminal, and the whole as JSON. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cli, root, temporaryFolder } from "./run-cli.ts";
import { here } from "./run-here.ts";

const small = ["heads", "--batch", "30", "--seed", "5"];

describe("heads", () => {
  it("gives every head's card and the circuit as JSON, the same bytes twice", async () => {
    const [first, second] = [await cli([...small, "--json"]), await here([...small, "--json"])];
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(second.stdout).toBe(first.stdout);
    const { model, spec, rules, heads, circuit } = JSON.parse(first.stdout);
    expect(model).toBe("shortformer-copied");
    expect(spec).toEqual({ batch: 30, tokens: 48, seed: 5 });
    expect(rules.map(({ role }: { role: string }) => role)).toContain("induction");
    expect(heads).toHaveLength(16);
    expect(heads[4]).toMatchObject({ label: "L0H4", roles: ["previous-token"] });
    expect(Object.keys(heads[4].previousToken)).toEqual(["mean", "se", "ci95", "n"]);
    expect(heads[4].lags.positionOnly.byLag).toHaveLength(25);
    expect(circuit.lookBack[0].label).toBe("L0H5");
  });

  it("shows a table with the rules below, and writes JSON beside it", async () => {
    const cwd = temporaryFolder();
    const { code, stdout, stderr } = await here([...small, "--out", "h.json"], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^shortformer-copied\nprevious-token: L0H4 0\.9\d\nlook-back: L0H5/);
    expect(stdout).toMatch(/^Head +Prev +2–5 .* Roles$/m);
    expect(stdout).toMatch(/^L0H4 +0\.9\d .* previous-token$/m);
    expect(stdout).toContain("order-free: order sensitivity below 0.50");
    expect(stdout).toContain("wrote h.json");
    const lines = stdout.split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(JSON.parse(readFileSync(join(cwd, "h.json"), "utf8")).heads).toHaveLength(16);
  });

  it("says what a model lacks", async () => {
    const golden = join(root, "test/fixtures/golden/standard-ln");
    const { code, stdout } = await here([...small, "--model", golden, "--bos", "0"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /previous-token: none \(L\dH\d has 0\.\d\d of its attention on the token before; a/,
    );
  });

  it("refuses what cannot be", async () => {
    const few = await here(["heads", "--tokens", "3"]);
    expect(few.code).toBe(2);
    expect(few.stderr).toContain('scorecard field "tokens"');
    expect((await here(["heads", "--batch", "0"])).code).toBe(2);
  });
});
