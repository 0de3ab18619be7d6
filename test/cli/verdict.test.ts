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
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
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
    expect(piped.stdout).toBe(text);
    expect(files("lookback-verdict")).toEqual([]);

    // Another spec is another measurement.
    const seeded = await verdict("--out", "v", "--seed", "5");
    expect(seeded.stdout).not.toContain("were there from before");
    expect(JSON.parse(readFileSync(join(cwd, "v/result.json"), "utf8")).spec.reach.seed).toBe(5);
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

  it("names what is wrong with a spec, and writes nothing", async () => {
    writeFileSync(join(cwd, "bad.json"), JSON.stringify({ reach: { reaches: [0] } }));
    const { code, stderr } = await cli(["verdict", "--spec", "bad.json"], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('spec field "reach.reaches.0"');
    expect(stderr).toContain("got 0");
    const head = await verdict("--look-back", "L0H9");
    expect(head.code).toBe(2);
    expect(head.stderr).toContain('unknown head "L0H9"');
    expect(files("lookback-verdict")).toEqual([]);
  });
});
