import { type AsyncBuffer, parquetMetadata, parquetReadObjects } from "hyparquet";
import { beforeAll, describe, expect, it } from "vitest";
import { randomModel } from "../../../test/random-model.ts";
import { HookedTransformer } from "../../model/model.ts";
import { sixDigits } from "../../six-digits.ts";
import { type LongForm, longForm } from "../../sweeps/long-form.ts";
import { PARAMETERS, vocabularyText } from "../../sweeps/parameters.ts";
import type { SweepResult } from "../../sweeps/result.ts";
import { sweep } from "../../sweeps/sweep.ts";
import { parseSweepSpec } from "../../sweeps/sweep-spec.ts";
import { COLUMNS } from "./columns.ts";
import { sweepCsv, sweepParquet } from "./data-files.ts";
import { sweepFiles } from "./files.ts";

const SPEC = parseSweepSpec({
  length: [2, 3],
  filler: ["random", "bos"],
  gap: 1,
  vocabulary: [null, { range: [4, 9] }, { ids: [3, 1, 4] }],
  seed: [7, 4294967295],
  batch: 4,
  bos: 0,
});

let result: SweepResult;
let long: LongForm;

beforeAll(async () => {
  using model = await HookedTransformer.create({
    ...randomModel({ d_vocab: 31 }),
    name: "a <model>",
  });
  result = await sweep(model, SPEC);
  long = longForm(result);
});

/** What a reader of tables would find in a row. */
function expectedRow(row: LongForm["rows"][number]): unknown[] {
  const { vocabulary, quantity, mean, se, ci95, n } = row;
  const parameters = PARAMETERS.map((name) =>
    name === "vocabulary" ? vocabularyText(vocabulary) : row[name],
  );
  const numbers = [mean, se, ci95[0], ci95[1]].map(sixDigits);
  return [...parameters, quantity, ...numbers, n];
}

describe("Parquet", () => {
  it("reads back as it was written, every column of its type", async () => {
    const file = sweepParquet(long).slice().buffer;
    const { schema, num_rows, key_value_metadata } = parquetMetadata(file);
    expect(Number(num_rows)).toBe(long.rows.length);
    const types = Object.fromEntries(
      schema.slice(1).map(({ name, type, converted_type, repetition_type }) => {
        expect(repetition_type).toBe("REQUIRED");
        return [name, converted_type ?? type];
      }),
    );
    expect(types).toEqual({
      length: "INT32",
      gap: "INT32",
      distance: "INT32",
      filler: "UTF8",
      order: "UTF8",
      copies: "INT32",
      distractors: "INT32",
      vocabulary: "UTF8",
      offset: "INT32",
      seed: "INT64",
      batch: "INT32",
      distinct: "BOOLEAN",
      quantity: "UTF8",
      mean: "DOUBLE",
      se: "DOUBLE",
      ci95_low: "DOUBLE",
      ci95_high: "DOUBLE",
      n: "INT32",
    });
    const metadata = key_value_metadata?.find(({ key }) => key === "lookback")?.value;
    expect(JSON.parse(metadata ?? "")).toMatchObject({ spec: SPEC, model: result.model, bos: 0 });

    const buffer: AsyncBuffer = {
      byteLength: file.byteLength,
      slice: (start, end) => file.slice(start, end),
    };
    const rows = await parquetReadObjects({ file: buffer });
    const read = rows.map((row) =>
      COLUMNS.map(({ name }) => (typeof row[name] === "bigint" ? Number(row[name]) : row[name])),
    );
    expect(read).toEqual(long.rows.map(expectedRow));
  });
});

describe("CSV", () => {
  it("has the same cells", () => {
    const [head, ...lines] = sweepCsv(long).trimEnd().split("\r\n");
    expect(head).toBe(COLUMNS.map(({ name }) => name).join(","));
    const cells = lines.map((line) =>
      [...line.matchAll(/"([^"]*)"|([^,]+)/g)].map(([, quoted, bare]) => quoted ?? bare),
    );
    expect(cells).toEqual(long.rows.map((row) => expectedRow(row).map(String)));
  });
});

describe("the page", () => {
  it("is the same for the same result, and needs nothing but itself", async () => {
    const { html } = await sweepFiles(result, { version: "1.2.3" });
    expect((await sweepFiles(result, { version: "1.2.3" })).html).toBe(html);
    expect(html).not.toMatch(/(src|href)="(?!#|data:)/);
    expect(html).toContain("a &lt;model&gt;");
    expect(html).not.toContain("a <model>");
    expect(html).toContain("pools the prompts of 2 seeds");
    expect(html).toMatch(/<figure id="figure-1">[\s\S]*<table>[\s\S]*<figure id="figure-2">/);
  });

  it("draws a mean and an interval for every pooled point", async () => {
    const { html } = await sweepFiles(result, { version: "1.2.3" });
    const [, first = ""] = html.split('<figure id="figure-1">');
    const [pictures = ""] = first.split("<figcaption>");
    const tips = [...pictures.matchAll(/<title>([^<]*)<\/title>/g)].map(([, tip]) => tip);
    expect(tips).toHaveLength(2 * 2 * 3);
    for (const tip of tips) expect(tip).toMatch(/^Logit difference B − D, length [23], .*n = 8$/);
  });

  it("draws a part of a sweep, and one cell of one prompt", async () => {
    const part = { ...result, shard: { index: 2, count: 5 } };
    const cells = result.cells.filter(({ cell }) => cell % 5 === 1);
    const { html } = await sweepFiles({ ...part, cells }, { version: "1.2.3" });
    expect(html).toContain("This is shard 2/5, with 5 of them.");
    using model = await HookedTransformer.create(randomModel({ d_vocab: 31 }));
    const one = await sweep(model, parseSweepSpec({ batch: 1, bos: 0 }));
    expect((await sweepFiles(one, { version: "1.2.3" })).html).toContain("One prompt");
  });
});
