/** The verdict as a user runs it: on the screen, as JSON, in a folder, stopped and taken up again. */

import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { CIRCUIT } from "../default-model.ts";
import { cli, finished, root, startCli, temporaryFolder } from "./run-cli.ts";

/** As little as shows everything. */
const SPEC = {
  scorecard: { tokens: 24, batch: 20 },
  lookBackWindow: { tokens: 16, batch: 8 },
  recency: { lengths: [2, 3], batch: 20 },
  reach: { lengths: [3], reaches: [1, 2], batch: 8 },
  effects: { lengths: [3], batch: 8 },
  edges: { length: 3, batch: 4 },
  scores: { lengths: [3], batch: 8 },
  ablation: { lengths: [3], batch: 8 },
  order: { lengths: [4], batch: 8 },
  inductionBug: { batch: 8 },
  attribution: { lengths: [3], batch: 4 },
  composition: { draws: 10 },
};

const PARTS = [...Object.keys(SPEC)].map((part) => `${part}.json`).sort();

let cwd: string;

beforeEach(() => {
  cwd = temporaryFolder();
  writeFileSync(join(cwd, "spec.json"), JSON.stringify(SPEC));
});

const verdict = (...args: string[]) => cli(["verdict", "--spec", "spec.json", ...args], { cwd });

function files(folder: string): string[] {
  return existsSync(join(cwd, folder)) ? readdirSync(join(cwd, folder)).sort() : [];
}

describe("verdict", () => {
  it("judges every claim, keeps its parts, and takes them up again", async () => {
    const { code, stdout, stderr } = await verdict("--out", "v");
    expect(code).toBe(0);
    const told = stderr.trimEnd().split("\n");
    expect(told).toHaveLength(PARTS.length);
    expect(told[0]).toBe("standard-2l: the scorecard of every head (part 1 of 12)");
    expect(stdout).toContain(
      "There is a previous-token head and a look-back head below an induction head.",
    );
    expect(stdout).toMatch(/report: v.report\.html/);
    expect(files("v")).toEqual(expect.arrayContaining(["parts", "report.html", "result.json"]));
    expect(files("v/parts")).toEqual(PARTS);

    const text = readFileSync(join(cwd, "v/result.json"), "utf8");
    const result = JSON.parse(text);
    expect(result.circuit.previousToken).toEqual([CIRCUIT.previousToken]);
    for (const claim of result.claims) {
      expect(claim).toMatchObject({
        id: expect.any(String),
        statement: expect.any(String),
        prediction: expect.any(String),
        measurement: expect.any(Array),
      });
      expect(["held", "did not hold", "cannot tell"]).toContain(claim.verdict);
    }

    // The same again measures nothing; one part that is gone is measured anew, to the same bytes.
    const untouched = statSync(join(cwd, "v/parts/reach.json")).mtimeMs;
    writeFileSync(join(cwd, "v/parts/order.json"), "{ not whole");
    const again = await verdict("--out", "v");
    expect(again.stdout).toContain(
      `${PARTS.length - 1} of ${PARTS.length} parts were there from before`,
    );
    expect(statSync(join(cwd, "v/parts/reach.json")).mtimeMs).toBe(untouched);
    expect(readFileSync(join(cwd, "v/result.json"), "utf8")).toBe(text);

    const piped = await verdict("--json");
    expect(piped.stderr).toBe("");
    expect(piped.stdout).toBe(text);
    expect(files("lookback-verdict")).toEqual([]);

    // Another spec is another measurement, and does not throw away the first.
    const seeded = await verdict("--out", "v", "--seed", "5");
    expect(seeded).toMatchObject({ code: 2, stdout: "" });
    expect(seeded.stderr).toMatch(
      /v holds a verdict of other options: scorecard\.seed was \d+ and is 5\. Name another folder/,
    );
    const other = await verdict("--out", "v", "--model", "standard-2l-seed2");
    expect(other.stderr).toContain("v holds a verdict of another model. Name another folder");
    const several = await verdict("--out", "v", "--model", "standard-2l", "standard-2l-seed2");
    expect(several.stderr).toContain("v holds the verdict on one model");
    expect(readFileSync(join(cwd, "v/result.json"), "utf8")).toBe(text);
    const fresh = await verdict("--out", "v", "--seed", "5", "--fresh");
    expect(fresh.stdout).not.toContain("were there from before");
    expect(JSON.parse(readFileSync(join(cwd, "v/result.json"), "utf8")).spec.reach.seed).toBe(5);
  });

  it("goes into a folder of the model's own, where a verdict on several finds it", async () => {
    const alone = await verdict();
    expect(alone.stdout).toMatch(/report: lookback-verdict.standard-2l.report\.html/);
    const several = await verdict("--model", "standard-2l", "standard-2l-seed2");
    expect(several.stdout).toContain(`${PARTS.length} of ${2 * PARTS.length} parts were there`);
    expect(several.stdout).toMatch(/report: lookback-verdict.report\.html/);
  });

  it("keeps what it has measured when it is stopped", async () => {
    const child = startCli(["verdict", "--spec", "spec.json", "--out", "v"], { cwd });
    const ended = finished(child);
    while (files("v/parts").filter((name) => name.endsWith(".json")).length < 2) await pause(20);
    child.kill("SIGINT");
    const { code, stderr, stdout } = await ended;
    expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
    expect(stderr).toMatch(/cancelled; \d+ of 12 parts are in v, and the same command goes on/);
    expect(files("v")).toEqual(["parts"]);
    for (const name of files("v/parts")) expect(PARTS).toContain(name);
    const { code: second, stdout: text } = await verdict("--out", "v");
    expect(second).toBe(0);
    expect(text).toContain("parts were there from before");
  });

  it("says of a model without the heads that it has none", async () => {
    const model = join(root, "test/fixtures/golden/standard-ln");
    const { code, stdout } = await verdict("--model", model, "--bos", "0", "--json");
    expect(code).toBe(0);
    const { claims, circuit } = JSON.parse(stdout);
    expect(circuit.induction).toEqual([]);
    const carried = claims.find(({ id }: { id: string }) => id === "induction-carries");
    expect(carried.verdict).toBe("cannot tell");
    expect(carried.reason).toMatch(/^this model has no induction head/);
  });

  it("sets the verdicts on several models side by side, each in a folder of its own", async () => {
    const models = ["standard-2l", "standard-2l-seed2"];
    const { code, stdout, stderr } = await verdict("--model", ...models, "--out", "v");
    expect(code).toBe(0);
    expect(stderr.trimEnd().split("\n")).toHaveLength(2 * PARTS.length);
    expect(stdout).toContain(`a  standard-2l: previous-token ${CIRCUIT.previousToken};`);
    expect(stdout).toMatch(/^There is a previous-token head.* ✓ {2}✓$/m);
    expect(files("v")).toEqual(["data", "report.html", "result.json", ...models].sort());
    for (const name of models) expect(files(`v/${name}/parts`)).toEqual(PARTS);

    const text = readFileSync(join(cwd, "v/result.json"), "utf8");
    const result = JSON.parse(text);
    expect(result.models.map(({ name }: { name: string }) => name)).toEqual(models);
    // Each folder holds what a verdict on that model alone gives.
    const [, second] = models as [string, string];
    const alone = await verdict("--model", second, "--json");
    expect(readFileSync(join(cwd, `v/${second}/result.json`), "utf8")).toBe(alone.stdout);
    const report = readFileSync(join(cwd, `v/${second}/report.html`), "utf8");
    expect(report).toContain(`lookback verdict --model ${second} --spec spec.json`);

    const again = await verdict("--model", ...models, "--out", "v");
    expect(again.stdout).toContain(
      `${2 * PARTS.length} of ${2 * PARTS.length} parts were there from before`,
    );
    expect(readFileSync(join(cwd, "v/result.json"), "utf8")).toBe(text);
  });

  it("of several that is stopped says how many are judged", async () => {
    const models = ["standard-2l", "standard-2l-seed2"];
    const child = startCli(["verdict", "--spec", "spec.json", "--model", ...models, "--out", "v"], {
      cwd,
    });
    const ended = finished(child);
    while (!files("v/standard-2l").includes("report.html")) await pause(5);
    child.kill("SIGINT");
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(
      /cancelled; (1 model is judged|\d+ of 12 parts are in v.standard-2l-seed2)/,
    );
    const { stdout } = await verdict("--model", ...models, "--out", "v");
    expect(stdout).toContain("of 24 parts were there from before");
  });

  it("asks for different models before it measures anything, and for no heads by name", async () => {
    const twice = await verdict("--model", "standard-2l", join(root, "models/standard-2l"));
    expect(twice.code).toBe(2);
    expect(twice.stderr).toMatch(/standard-2l and .*models.standard-2l have the same weights/);
    const unknown = await verdict("--model", "standard-2l", "standard-3x");
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain("standard-3x");
    const named = await verdict(
      "--model",
      "standard-2l",
      "standard-2l-seed2",
      "--induction",
      "L1H7",
    );
    expect(named.code).toBe(2);
    expect(named.stderr).toContain("heads are named for one model, and --model names 2");
    expect(files("lookback-verdict")).toEqual([]);
  });

  it("names what is wrong with a spec, and writes nothing", async () => {
    writeFileSync(join(cwd, "bad.json"), JSON.stringify({ reach: { reaches: [0] } }));
    const { code, stderr } = await cli(["verdict", "--spec", "bad.json"], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('.json: spec field "reach.reaches.0"');
    expect(stderr).toContain("got 0");
    const head = await verdict("--look-back", "L0H9");
    expect(head.code).toBe(2);
    expect(head.stderr).toContain('unknown head "L0H9"');
    expect(files("lookback-verdict")).toEqual([]);
  });
});
