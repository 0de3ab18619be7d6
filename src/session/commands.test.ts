import { describe, expect, it } from "vitest";
import { randomModel } from "../../test/random-model.ts";
import { ablate, patch } from "../../test/session.ts";
import { type CommandViews, sessionCommands, withoutCommand } from "./commands.ts";
import { DEFAULT_SESSION } from "./parse-spec.ts";
import type { SessionSpec } from "./spec.ts";

const { config } = randomModel({ bos_token_id: 0 });
const named = {
  model: { name: "tiny", processing: "none", device: "wasm", config },
  bos: 0,
} as const;
const matrix = { component: "q", by: "head", direction: "noise" } as const;
const views: CommandViews = { matrix, table: { over: "length", values: [2, 3] } };

function shown(part: Partial<SessionSpec>, looks: CommandViews = {}): string[] {
  const commands = sessionCommands(named, { ...DEFAULT_SESSION, ...part }, looks);
  return commands.map(({ shows, command }) => `${shows}: ${command}`);
}

const drawn = "--length 3 --batch 64 --seed 0";
const prompts = `prompts: lookback prompts ${drawn} --model tiny --json`;

describe("sessionCommands", () => {
  it("has one for each view of the post's prompts", () => {
    expect(shown({}, views)).toEqual([
      prompts,
      `answer: lookback decompose --of logits ${drawn} --model tiny --json`,
      `matrix: lookback patch ${drawn} --component q --by head --direction noise --model tiny --json`,
      "table: lookback sweep spec.json --model tiny --json",
    ]);
    const [, , , table] = sessionCommands(named, DEFAULT_SESSION, views);
    expect(JSON.parse(table?.file?.text ?? "")).toMatchObject({
      length: [2, 3],
      batch: 64,
      seed: 0,
    });
  });

  it("has what one command does of interventions, and no more", () => {
    const tail = "--model tiny --json";
    expect(shown({ runs: "corrupted", interventions: [patch("v", 1, 2, 7)] }, views)).toEqual([
      prompts,
      `answer: lookback patch ${drawn} --component v --by head-position --direction denoise ${tail}`,
    ]);
    expect(shown({ interventions: [ablate("resample", 0, 4), ablate("resample", 1, 3)] })).toEqual([
      prompts,
      `answer: lookback ablate ${drawn} --kind resample --resample-from batch --heads L0H4,L1H3 ${tail}`,
    ]);
    for (const interventions of [
      [ablate("zero", 0, 4), ablate("mean", 1, 3)],
      [ablate("zero", 0, 4, 2)],
      [ablate("zero", 0, 4), patch("z", 1, 3)],
      [patch("z", 0, 4), patch("z", 1, 3)],
    ]) {
      expect(shown({ interventions }, views)).toEqual([prompts]);
    }
    expect(shown({ mode: "token-only" }, views)).toEqual([prompts]);
    expect(shown({ answers: [1, 2] }, views)).toEqual([prompts]);
  });

  it("says what there is no command for", () => {
    const none = (part: Partial<SessionSpec>, looks: CommandViews = {}) => {
      const spec = { ...DEFAULT_SESSION, ...part };
      return withoutCommand(spec, looks, sessionCommands(named, spec, looks));
    };
    expect(none({})).toEqual(["attention"]);
    expect(none({}, views)).toEqual(["attention"]);
    const interventions = [patch("z", 0, 4), patch("z", 1, 3)];
    expect(none({ interventions })).toEqual(["attention", "answer"]);
    expect(none({ interventions }, views)).toEqual(["attention", "answer", "matrix", "table"]);
    const text = { kind: "text", text: "a", corrupted: null } as const;
    expect(none({ prompt: text }, views)).toEqual(["answer"]);
  });

  it("names model, processing, device and BOS where they are not what a command takes", () => {
    const model = { ...named.model, processing: "default", device: "webgpu" } as const;
    const [, answer] = sessionCommands({ model, bos: 5 }, DEFAULT_SESSION, {
      model: "my models/a",
    });
    expect(answer?.command).toMatch(
      / --model 'my models\/a' --processing default --device webgpu --bos 5 --json$/,
    );
  });

  it("runs patterns and texts, quoted for a shell", () => {
    const pattern = { kind: "pattern", pattern: "BOS A B A ? B A", batch: 2, seed: 1 } as const;
    const words = "--pattern 'BOS A B A ? B A' --batch 2 --seed 1";
    const names = "--names 'blocks.*.attn.hook_pattern'";
    const tail = "--model tiny --json";
    const both = [
      `prompts: lookback prompts ${words} ${tail}`,
      `attention: lookback activations ${words} ${names} ${tail}`,
    ];
    expect(shown({ prompt: pattern })).toEqual(both);
    expect(shown({ prompt: { ...pattern, corrupted: "BOS B B A" } })).toEqual(both);
    // A token of its own is drawn with the others, which are others then.
    expect(shown({ prompt: { ...pattern, corrupted: "BOS C B A" } })).toEqual([]);
    const text = { kind: "text", text: "it's $HOME", corrupted: "it was" } as const;
    const mode = "position-only";
    expect(shown({ prompt: text, mode })).toEqual([
      `attention: lookback activations --text 'it'\\''s $HOME' ${names} --mode ${mode} ${tail}`,
    ]);
    expect(shown({ prompt: text, runs: "corrupted" })[0]).toContain("--text 'it was'");
  });
});
