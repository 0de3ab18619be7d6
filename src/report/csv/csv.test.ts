import { beforeAll, describe, expect, test } from "vitest";
import { sampleResult } from "../../../test/sample-result.ts";
import type { ReproduceResult } from "../../experiments/reproduce.ts";
import { sixDigits } from "../../six-digits.ts";
import { csvFiles, csvText } from "./csv.ts";

let result: ReproduceResult;

beforeAll(async () => {
  result = await sampleResult();
});

/** Lines of cells. The tables of a result quote only the quantities of comparisons. */
function cells(text: string): string[][] {
  return text
    .trimEnd()
    .split("\r\n")
    .map((line) => line.split(","));
}

describe("csvText", () => {
  test("quotes as RFC 4180 has it and writes six significant digits", () => {
    const text = csvText({
      columns: ["name", "value (nats)"],
      rows: [
        ['a "b", c', 0.123456789],
        ["plain", 123456789],
        [null, -1.5e-9],
      ],
    });
    expect(text).toBe(
      'name,value (nats)\r\n"a ""b"", c",0.123457\r\nplain,123456789\r\n,-1.5e-9\r\n',
    );
  });
});

describe("csvFiles", () => {
  test("has a rectangular table with units for everything that was measured", () => {
    const files = csvFiles(result);
    expect([...files.keys()]).toEqual([
      "heads",
      "figure-1",
      "figure-2",
      "figure-3",
      "figure-4",
      "lags",
      "table",
      "figure-5",
      "figure-6",
      "reversed-order",
      "position-rows",
      "bos-bug",
      "recency",
      "induction-on-random-tokens",
      "token-only",
      "position-norms",
      "position-dot-products",
      "position-components",
      "comparisons",
    ]);
    for (const [name, text] of files) {
      if (name === "comparisons") continue;
      const [head, ...rows] = cells(text);
      expect(rows.length, name).toBeGreaterThan(0);
      expect(new Set(rows.map((row) => row.length)), name).toEqual(new Set([head?.length]));
    }
  });

  test("holds the table's means and intervals", () => {
    const [head, ...rows] = cells(csvFiles(result).get("table") ?? "");
    expect(head).toEqual([
      "length (tokens)",
      "quantity",
      "unit",
      "mean",
      "se",
      "ci95 low",
      "ci95 high",
      "n (prompts)",
    ]);
    const [first] = result.experiments.table?.rows ?? [];
    if (first === undefined) throw new Error("no table");
    const { mean, se, ci95, n } = first.logitDiff;
    const numbers = [mean, se, ci95[0], ci95[1], n].map((value) => String(sixDigits(value)));
    expect(rows).toContainEqual(["2", "logit(B) - logit(D)", "nats", ...numbers]);
    expect(rows.map(([length]) => length)).toEqual(
      [2, 3, 6].flatMap((own) => Array(4).fill(`${own}`)),
    );
  });

  test("leaves masked cells out of patterns", () => {
    const [, ...rows] = cells(csvFiles(result).get("figure-1") ?? "");
    const heads = result.experiments.figures1And2?.figure1.heads.length ?? 0;
    const positions = result.experiments.figures1And2?.figure1.labels.length ?? 0;
    expect(rows).toHaveLength((heads * positions * (positions + 1)) / 2);
    expect(rows.every(([, query, , key]) => Number(key) <= Number(query))).toBe(true);
  });

  test("has nothing of experiments that were not run", () => {
    const { table } = result.experiments;
    const files = csvFiles({ ...result, experiments: table ? { table } : {} });
    expect([...files.keys()]).toEqual(["heads", "table", "comparisons"]);
  });
});
