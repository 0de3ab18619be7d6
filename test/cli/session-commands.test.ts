/** The command lines of a session give the session's own numbers. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HookedTransformer } from "../../src/model/model.ts";
import { readModel } from "../../src/node/read-model.ts";
import { sessionAnswer } from "../../src/session/answer.ts";
import { attentionEstimate, sessionAttention } from "../../src/session/attention.ts";
import { type SessionCommand, sessionCommands } from "../../src/session/commands.ts";
import { parseSessionSpec } from "../../src/session/parse-spec.ts";
import { sessionPatchMatrix } from "../../src/session/patch-matrix.ts";
import { Session } from "../../src/session/session.ts";
import type { Intervention, SessionSpec } from "../../src/session/spec.ts";
import { sessionTable } from "../../src/session/table.ts";
import { DEFAULT_MODEL } from "../default-model.ts";
import { fromNested } from "../golden/compare.ts";
import { ablate, patch } from "../session.ts";
import { temporaryFolder } from "./run-cli.ts";
import { here } from "./run-here.ts";

let session: Session;

beforeAll(async () => {
  const loaded = await readModel(DEFAULT_MODEL);
  session = new Session(await HookedTransformer.create(loaded), loaded.tokenizer, 0);
});

afterAll(() => session.model.dispose());

/** The words of a command line, as a shell has them. */
function words(command: string): string[] {
  return Array.from(command.matchAll(/'([^']*)'|\S+/g), ([word, quoted]) => quoted ?? word);
}

/** What stands at a path such as `values[1][3]`. */
function at(result: unknown, path: string): unknown {
  return path
    .split(/[.[\]]+/)
    .filter((key) => key !== "")
    .reduce((value, key) => (value as Record<string, unknown>)[key], result);
}

/** Runs the command of a view and returns the numbers that it names. */
async function numbersOf(
  commands: readonly SessionCommand[],
  view: SessionCommand["shows"],
): Promise<unknown> {
  const found = commands.find(({ shows }) => shows === view);
  if (found === undefined) throw new Error(`no command shows the ${view}`);
  const cwd = temporaryFolder();
  if (found.file) writeFileSync(join(cwd, found.file.name), found.file.text);
  const [, ...args] = words(found.command);
  const { code, stdout, stderr } = await here(args, { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return at(JSON.parse(stdout), found.at);
}

const REPEATED = parseSessionSpec({
  prompt: { kind: "repeated", length: 3, batch: 20, side: "keys" },
});

describe("sessionCommands", () => {
  it.each<[SessionSpec["runs"], readonly Intervention[]]>([
    ["clean", []],
    ["corrupted", []],
    ["clean", [patch("z", 1, 3)]],
    ["corrupted", [patch("k", 1, 3, 2)]],
    ["clean", [ablate("zero", 0, 4), ablate("zero", 1, 3)]],
    ["clean", [ablate("mean", 0, 4)]],
    ["clean", [ablate("resample", 0, 4), ablate("resample", 0, 5)]],
  ])("%s %o: the answer", async (runs, interventions) => {
    const spec = { ...REPEATED, runs, interventions };
    const { logitDifference } = await sessionAnswer(session, spec);
    const given = await numbersOf(sessionCommands(session, spec), "answer");
    const mean = typeof given === "number" ? given : (given as { mean: number }).mean;
    expect(mean).toBeCloseTo(logitDifference.mean, 4);
  });

  it.each(["noise", "denoise"] as const)("the matrix, %s", async (direction) => {
    const matrix = { component: "v", by: "head-position", direction } as const;
    const runs = direction === "noise" ? "clean" : "corrupted";
    const spec = { ...REPEATED, runs } as const;
    // What the page draws, by what is said of it beside the command.
    const { effect } = await sessionPatchMatrix(session, spec, matrix);
    const commands = sessionCommands(session, spec, { matrix });
    const { less = 0 } = commands.find(({ shows }) => shows === "matrix") ?? {};
    const given = fromNested((await numbersOf(commands, "matrix")) as typeof effect);
    const expected = fromNested(effect);
    expect(given.shape).toEqual(expected.shape);
    for (const [i, value] of expected.data.entries()) {
      expect((given.data[i] ?? Number.NaN) - less).toBeCloseTo(value, 4);
    }
  });

  it("the table", async () => {
    const table = { over: "distance", values: [0, 3] } as const;
    const rows = await sessionTable(session, REPEATED, table);
    const given = await numbersOf(sessionCommands(session, REPEATED, { table }), "table");
    const quantities = given as { distance: number; quantity: string; mean: number }[];
    for (const { value, logitDifference, right, wrong } of rows) {
      const at = quantities.filter(({ distance }) => distance === value);
      const mean = (name: string) => at.find(({ quantity }) => quantity === name)?.mean;
      expect(mean("logitDiff")).toBeCloseTo(logitDifference.mean, 4);
      expect(mean("pB")).toBeCloseTo(right.mean, 5);
      expect(mean("pD")).toBeCloseTo(wrong.mean, 5);
    }
  });

  it("prompts and attention of a pattern", async () => {
    const spec = parseSessionSpec({
      prompt: { kind: "pattern", pattern: "BOS A B A", batch: 3, seed: 4 },
      mode: "token-only",
    });
    const commands = sessionCommands(session, spec);
    const { clean } = session.prompts(spec.prompt);
    const tokens = (await numbersOf(commands, "prompts")) as number[][];
    expect(tokens.flat()).toEqual([...clean.ids]);
    const attention = await sessionAttention(session, spec);
    const activations = await numbersOf(commands, "attention");
    const { values } = (activations as Record<string, { values: number[][][][] }>)[
      "blocks.1.attn.hook_pattern"
    ] as { values: number[][][][] };
    const mean = values.reduce((sum, row) => sum + (row[3]?.[3]?.[2] as number), 0) / 3;
    const head = { layer: 1, head: 3 };
    expect(mean).toBeCloseTo(attentionEstimate(attention, head, 3, 2).mean, 5);
  });
});
