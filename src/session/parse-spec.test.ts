import { describe, expect, it } from "vitest";
import { DEFAULT_SESSION, parseSessionSpec } from "./parse-spec.ts";

const head = { layer: 0, head: 1 };

describe("parseSessionSpec", () => {
  it("fills in what is left out, and gives back what it gave", () => {
    expect(parseSessionSpec({})).toEqual(DEFAULT_SESSION);
    const given = parseSessionSpec({
      prompt: { kind: "repeated", length: 4 },
      interventions: [
        { kind: "ablate", by: "mean", head },
        { kind: "patch", component: "q", head, position: 3 },
      ],
    });
    expect(given.prompt).toEqual({ ...DEFAULT_SESSION.prompt, length: 4 });
    expect(given.interventions[0]).toEqual({ kind: "ablate", by: "mean", head, position: null });
    expect(parseSessionSpec(JSON.parse(JSON.stringify(given)))).toEqual(given);
    const text = parseSessionSpec({ prompt: { kind: "text", text: "<b>" } });
    expect(text.prompt).toEqual({ kind: "text", text: "<b>", corrupted: null });
  });

  it.each<[unknown, string]>([
    [null, "session: Invalid input: expected object, received null, got null"],
    [[], "session: Invalid input: expected object, received array, got []"],
    [{ runs: "dirty" }, 'field "runs": Invalid option: expected one of "clean"|"corrupted", got'],
    [{ prompt: { kind: "repeated", length: 1 } }, '"prompt.length": Too small: expected number'],
    [
      { prompt: { kind: "song" } },
      '"kind" is "pattern" or "repeated" or "text", got {"kind":"song"}',
    ],
    [{ mood: 1 }, 'no field "mood"; there are prompt, runs, mode, interventions, answers; did you'],
    [
      { prompt: { kind: "text", text: "", seed: 1 } },
      'field "prompt": there is no field "seed"; there are kind, text, corrupted',
    ],
    [
      { interventions: [{ kind: "patch", component: "mlp", head }] },
      '"interventions.0.component": Invalid option: expected one of "z"|"q"|"k"|"v"|"pattern", got "mlp"',
    ],
    [
      { interventions: [{ kind: "ablate", by: "zero", head, component: "z" }] },
      '"interventions.0": there is no field "component"; there are kind, by, head, position',
    ],
    [
      { interventions: [{ kind: "ablate", by: "zero", head: { ...head, label: "L0H1" } }] },
      '"interventions.0.head": there is no field "label"; there are layer, head',
    ],
    [{ interventions: [{ kind: "skip" }] }, '"kind" is "patch" or "ablate"'],
    [{ answers: [1] }, 'field "answers": '],
    [{ answers: [1, -1] }, 'field "answers.1": Too small: expected number to be >=0, got -1'],
  ])("%o: %s", (json, message) => {
    expect(() => parseSessionSpec(json)).toThrow(message);
    expect(() => parseSessionSpec(json)).toThrow(expect.objectContaining({ code: "bad-spec" }));
  });

  it("shows no more of a wrong value than a reader needs", () => {
    const long = { mode: "x".repeat(10_000) };
    expect(() => parseSessionSpec(long)).toThrow(/^.{1,400}…$/);
  });
});
