/** What `lookback heads` gives: a table of every head that fits its terminal, and the whole as JSON. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CIRCUIT, DEFAULT_MODEL } from "../default-model.ts";
import { cli, root, temporaryFolder } from "./run-cli.ts";
import { here } from "./run-here.ts";

const small = ["heads", "--batch", "30", "--seed", "5"];

describe("heads", () => {
  it("gives every head's card and the circuit as JSON, the same bytes twice", async () => {
    const [first, second] = [await cli([...small, "--json"]), await here([...small, "--json"])];
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(second.stdout).toBe(first.stdout);
    const { model, spec, rules, heads, circuit } = JSON.parse(first.stdout);
    expect(model).toBe(DEFAULT_MODEL);
    expect(spec).toEqual({ batch: 30, tokens: 48, seed: 5 });
    expect(rules.map(({ role }: { role: string }) => role)).toContain("induction");
    expect(heads).toHaveLength(16);
    const card = heads.find(({ label }: { label: string }) => label === CIRCUIT.previousToken);
    expect(card.roles).toContain("previous-token");
    expect(Object.keys(card.previousToken)).toEqual(["mean", "se", "ci95", "n"]);
    expect(card.lags.positionOnly.byLag).toHaveLength(25);
    expect(circuit.lookBack[0].label).toBe(CIRCUIT.lookBack);
  });

  it("shows a table with the rules below, and writes JSON beside it", async () => {
    const { previousToken, lookBack } = CIRCUIT;
    const cwd = temporaryFolder();
    const { code, stdout, stderr } = await here([...small, "--out", "h.json"], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(
      new RegExp(
        `^${DEFAULT_MODEL}\nprevious-token: ${previousToken} 0\\.9\\d \\(of its attention on the token before\\)\nlook-back: ${lookBack}`,
      ),
    );
    expect(stdout).toMatch(/^Head +Prev +2–5 .* Roles$/m);
    expect(stdout).toMatch(new RegExp(`^${previousToken} +0\\.9\\d .* previous-token`, "m"));
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
