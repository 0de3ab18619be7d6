import { describe, expect, it } from "vitest";
import { randomModel } from "../../test/random-model.ts";
import { DEFAULT_VERDICT_SPEC, fittedVerdictSpec, parseVerdictSpec } from "./verdict-spec.ts";

describe("parseVerdictSpec", () => {
  it("fills in what is left out, part by part and field by field", () => {
    expect(parseVerdictSpec({})).toEqual(DEFAULT_VERDICT_SPEC);
    const spec = parseVerdictSpec({ bos: 5, order: { batch: 7 }, heads: { induction: ["L1H6"] } });
    expect(spec).toEqual({
      ...DEFAULT_VERDICT_SPEC,
      bos: 5,
      order: { ...DEFAULT_VERDICT_SPEC.order, batch: 7 },
      heads: { previousToken: null, lookBack: null, induction: ["L1H6"] },
    });
    expect(parseVerdictSpec(JSON.parse(JSON.stringify(spec)))).toEqual(spec);
    // An array takes the place of another, and is not mixed with it.
    expect(parseVerdictSpec({ reach: { lengths: [3] } }).reach.lengths).toEqual([3]);
  });

  it.each([
    [{ recency: { batch: 1 } }, "recency.batch", /expected number to be >=2, got 1$/],
    [{ recency: { batch: "many" } }, "recency.batch", /expected number.*, got "many"$/],
    [{ reach: { lengths: [] } }, "reach.lengths", /, got \[\]$/],
    [{ reach: { reaches: [2, 0] } }, "reach.reaches.1", />=1, got 0$/],
    [{ effects: { lengths: [2.5] } }, "effects.lengths.0", /, got 2.5$/],
    [{ order: { lengths: [6] } }, "order.lengths.0", /<=5, got 6$/],
    [{ ablation: { kind: "knock" } }, "ablation.kind", /"resample"\|"mean"\|"zero", got "knock"$/],
    [{ edges: 4 }, "edges", /expected object, .*got 4$/],
    [{ heads: null }, "heads", /expected object, .*got null$/],
    [{ heads: { lookBack: "L0H2" } }, "heads.lookBack", /expected array, .*got "L0H2"$/],
    [{ bos: -1 }, "bos", />=0, got -1$/],
    [{ scorecard: { seed: 2 ** 32 } }, "scorecard.seed", /, got 4294967296$/],
  ])("names the field, what it holds and what is allowed: %j", (json, field, message) => {
    expect(() => parseVerdictSpec(json)).toThrowError(
      expect.objectContaining({
        code: "bad-spec",
        message: expect.stringMatching(message),
        details: { field },
      }),
    );
    expect(() => parseVerdictSpec(json)).toThrow(`spec field "${field}": `);
  });

  it.each([
    [{ recncy: {} }, 'spec: Unrecognized key: "recncy"; did you mean "recency"?'],
    [
      { recency: { bach: 3 } },
      'spec field "recency": Unrecognized key: "bach"; did you mean "batch"?',
    ],
  ])("names what it does not know, in few words: %j", (json, message) => {
    expect(() => parseVerdictSpec(json)).toThrowError(
      expect.objectContaining({ code: "bad-spec", message }),
    );
  });

  it.each([[null], [[]], ["quick"], [3]])("refuses what is no object: %j", (json) => {
    expect(() => parseVerdictSpec(json)).toThrow("a spec is a JSON object");
  });
});

describe("fittedVerdictSpec", () => {
  const context = (n_ctx: number) => randomModel({ n_ctx }).config;

  it("changes nothing where everything fits", () => {
    expect(fittedVerdictSpec(DEFAULT_VERDICT_SPEC, context(28))).toEqual(DEFAULT_VERDICT_SPEC);
  });

  it("leaves out lengths that do not fit, and shortens random prompts", () => {
    // 21 tokens: BOS and three copies of 6.
    const spec = fittedVerdictSpec(DEFAULT_VERDICT_SPEC, context(21));
    expect(spec.recency.lengths).toEqual([2, 3, 4, 5, 6]);
    expect(spec.reach).toEqual(DEFAULT_VERDICT_SPEC.reach);
    expect(spec.lookBackWindow.tokens).toBe(20);
    const { recency, lookBackWindow, ...rest } = DEFAULT_VERDICT_SPEC;
    expect(spec).toMatchObject(rest);
    expect(spec.recency).toMatchObject({ batch: recency.batch, seed: recency.seed });
    expect(spec.lookBackWindow).toMatchObject({ batch: lookBackWindow.batch });
  });

  it.each([
    [{ order: { lengths: [7] } }, "order.lengths: none of 7 fits"],
    [{ attribution: { lengths: [9, 8] } }, "attribution.lengths: none of 9, 8 fits"],
    [{ edges: { length: 7 } }, "edges.length: none of 7 fits"],
  ])("says so before anything is measured where none fits: %j", (json, message) => {
    // Orders of 7 tokens no spec asks for; that of a part is as good.
    const asked = { ...DEFAULT_VERDICT_SPEC };
    const [[part, fields]] = Object.entries(json) as [[keyof typeof asked, object]];
    const spec = { ...asked, [part]: { ...(asked[part] as object), ...fields } };
    expect(() => fittedVerdictSpec(spec, context(21))).toThrowError(
      expect.objectContaining({
        code: "sequence-too-long",
        message: expect.stringMatching(
          new RegExp(`^${message} .*context of 21; the longest that fits is 6$`),
        ),
      }),
    );
  });

  it("needs room for the ordering test", () => {
    // BOS, two times two sequences of 4, and three tokens more.
    expect(() => fittedVerdictSpec(DEFAULT_VERDICT_SPEC, context(20))).not.toThrow();
    expect(() => fittedVerdictSpec(DEFAULT_VERDICT_SPEC, context(19))).toThrowError(
      expect.objectContaining({ code: "sequence-too-long" }),
    );
  });
});
