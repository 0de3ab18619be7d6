import { beforeAll, describe, expect, test } from "vitest";
import { judged, sampleResult } from "../../test/sample-result.ts";
import type { ReproduceResult } from "../experiments/reproduce.ts";
import { logits, probability, withInterval } from "./format.ts";
import { type Palette, renderResult, rowInWords } from "./terminal.ts";

let result: ReproduceResult;

beforeAll(async () => {
  result = await sampleResult();
});

/** Marks instead of colours. */
const MARKS: Palette = {
  bold: (text) => `<b>${text}</b>`,
  dim: (text) => `<dim>${text}</dim>`,
  good: (text) => `<good>${text}</good>`,
  bad: (text) => `<bad>${text}</bad>`,
  unsure: (text) => `<unsure>${text}</unsure>`,
};

function withoutMarks(text: string): string {
  return text.replace(/<\/?[a-z]+>/g, "");
}

/** The sample with logit differences that are clear, and one that is not. */
function clearResult(): ReproduceResult {
  const { table } = result.experiments;
  if (table === undefined) throw new Error("no table");
  const means = [2, -1, 0.01];
  const rows = table.rows.map((row, i) => {
    const mean = means[i] ?? 0;
    const ci95 = [mean - 0.1, mean + 0.1] as const;
    return { ...row, canPerform: mean > 0, logitDiff: { mean, se: 0.05, ci95, n: 4000 } };
  });
  return { ...result, experiments: { table: { ...table, rows } } };
}

describe("renderResult", () => {
  test("has the post's columns, the published values beside them, and the heads", () => {
    const text = renderResult(result, { width: 160 });
    const { heads, experiments } = result;
    for (const { label, score } of Object.values(heads)) {
      expect(text).toContain(`${label} (detector score ${score.toFixed(2)})`);
    }
    const lines = text.split("\n");
    const head = lines.find((line) => line.includes("Length")) ?? "";
    expect(head.trim().split(/\s{2,}/)).toEqual([
      "Length",
      "P(B)",
      "P(D)",
      "Logit diff",
      "95% interval",
      "Can perform",
      "Interval is",
      "Both ways",
      "n",
      "P(B)",
      "P(D)",
      "Logit diff",
    ]);
    const row = experiments.table?.rows[1];
    if (row === undefined) throw new Error("no table");
    const [low, high] = row.logitDiff.ci95;
    const line = lines.find((one) => one.trim().startsWith("3 ")) ?? "";
    expect(line.trim().split(/\s{2,}/)).toEqual([
      "3",
      probability(row.pB.mean),
      probability(row.pD.mean),
      logits(row.logitDiff.mean),
      `[${logits(low)}, ${logits(high)}]`,
      row.canPerform ? "yes" : "no",
      "spans 0",
      withInterval(row.bothWays, logits),
      "8",
      "0.0649",
      "0.0132",
      "2.65",
    ]);
  });

  test("is never wider than the terminal, and says everything that matters at each width", () => {
    for (let width = 50; width <= 140; width++) {
      const text = renderResult(result, { width });
      for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(width);
      expect(text).toContain("attn-only-2l (published)");
      expect(text).toMatch(/spans 0|includes zero|\[/);
    }
  });

  test("says by the interval what the mean alone cannot", () => {
    const lines = renderResult(clearResult(), { width: 120, palette: MARKS }).split("\n");
    const line = (length: number) =>
      lines.find((one) => withoutMarks(one).trim().startsWith(`${length} `)) ?? "";
    expect(line(2)).toMatch(/<good>\s*yes<\/good>.*<good>\s*above 0<\/good>/);
    expect(line(3)).toMatch(/<bad>\s*no<\/bad>.*<bad>\s*below 0<\/bad>/);
    expect(line(6)).toMatch(/<unsure>\s*yes<\/unsure>.*<unsure>\s*spans 0<\/unsure>/);
    const narrow = renderResult(clearResult(), { width: 50 }).split("\n");
    expect(narrow.find((one) => one.trim().startsWith("6 "))).toMatch(/yes\?$/);
    expect(narrow).toContain("? the 95% interval includes zero");
  });

  test("says what its columns mean, of those that it has room for", () => {
    const flat = (width: number) => renderResult(result, { width }).replace(/\s+/g, " ");
    for (const width of [50, 75, 120]) {
      expect(flat(width)).toContain("Can perform: the mean logit difference is above zero, as in");
    }
    expect(flat(75)).toContain("Both ways: the mean of B − D and, where the same prompts ask");
    expect(flat(50)).not.toContain("oth ways");
  });

  test("says of a head that it hardly plays its role", () => {
    const { heads } = result;
    const scored = (score: number) =>
      renderResult({ ...result, heads: { ...heads, lookBack: { ...heads.lookBack, score } } });
    const told = (score: number) => scored(score).replace(/\s+/g, " ");
    const { label } = heads.lookBack;
    expect(told(0.34)).toContain("Scores below the threshold from which `lookback heads` gives");
    expect(told(0.34)).toContain(`${label} as look-back (0.35)`);
    expect(told(0.36)).not.toContain(`${label} as look-back`);
  });

  test("dresses cells without moving columns", () => {
    const plain = renderResult(result, { width: 120 });
    const dressed = renderResult(result, { width: 120, palette: MARKS });
    expect(withoutMarks(dressed)).toBe(plain);
    expect(dressed).not.toBe(plain);
  });

  test("names the published numbers as another model's where it is another", () => {
    expect(renderResult(result)).toContain("another model: shown for comparison only");
    expect(renderResult(result)).not.toMatch(/[✓✗]/);
  });

  test("judges the post's own model", () => {
    const own = { ...result, model: { ...result.model, name: "attn-only-2l", isPublished: true } };
    const text = renderResult(
      judged(own, ({ quantity }) => quantity.startsWith("P(B), length")),
      { width: 140, palette: MARKS },
    );
    expect(text).toMatch(/<good>\s*0\.0649 ✓<\/good>/);
    expect(text).toMatch(/<bad>\s*2\.65 ✗<\/bad>/);
    expect(text).toMatch(/<bad>published numbers: 3 of \d+ pass<\/bad>/);
    expect(renderResult(judged(own, () => true))).toMatch(/published numbers: (\d+) of \1 pass\n$/);
    expect(renderResult(judged(own, () => null))).toMatch(/none judged, for these are not/);
  });

  test("does without a table", () => {
    const text = renderResult({ ...result, experiments: {} });
    expect(text).toContain("heads: previous token");
    expect(text).not.toContain("Length");
  });
});

describe("rowInWords", () => {
  test("says what a row of the table says", () => {
    const row = clearResult().experiments.table?.rows[0];
    if (row === undefined) throw new Error("no table");
    expect(rowInWords(row)).toBe(
      `length 2: P(B) ${probability(row.pB.mean)}, logit difference 2.00 [1.90, 2.10]`,
    );
  });
});
