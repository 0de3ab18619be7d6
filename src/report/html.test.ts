import { beforeAll, describe, expect, test } from "vitest";
import { judged, sampleResult } from "../../test/sample-result.ts";
import type { ReproduceResult } from "../experiments/reproduce.ts";
import { EXPERIMENTS } from "../experiments/reproduce-spec.ts";
import type { Estimate } from "../measures/statistics.ts";
import { inSixDigits } from "../six-digits.ts";
import { abstract } from "./abstract.ts";
import { reportFiles } from "./files.ts";
import { logits, probability } from "./format.ts";
import { renderReport } from "./html.ts";

const PROVENANCE = { command: "lookback reproduce --model random", version: "9.8.7" };

let result: ReproduceResult;
let page: string;

beforeAll(async () => {
  result = await sampleResult();
  page = await renderReport(result, PROVENANCE);
});

/** What the page shows: no head, no data, no script. */
function bodyOf(html: string): string {
  return html.slice(html.indexOf("<body>"), html.indexOf('<script type="application/json"'));
}

/** Assertions on whole pages would print whole pages when they fail. */
function occurrences(html: string, pattern: RegExp): string[] {
  return html.match(new RegExp(pattern, "g")) ?? [];
}

/** The words of a piece of HTML. */
function words(html: string): string {
  return html
    .replace(/<(script|style|svg)[\s\S]*?<\/\1>/g, " ")
    .replace(/<[^>]*>/g, "")
    .replace(/\s+/g, " ");
}

function embeddedData(html: string): { result: unknown; csv: Record<string, string> } {
  const json = /<script type="application\/json" id="data">([\s\S]*?)<\/script>/.exec(html)?.[1];
  return JSON.parse(json ?? "");
}

function named(name: string): ReproduceResult {
  return { ...result, model: { ...result.model, name } };
}

/** An estimate whose interval is this. */
function between(low: number, high: number): Estimate {
  return { mean: (low + high) / 2, se: (high - low) / 4, ci95: [low, high], n: 100 };
}

/** The sample's table with other logit differences. */
function withTable(...intervals: readonly (readonly [number, number])[]): ReproduceResult {
  const { table } = result.experiments;
  if (table === undefined) throw new Error("no table");
  const rows = table.rows.map((row, i) => {
    const logitDiff = between(...(intervals[i] ?? [0, 1]));
    return { ...row, logitDiff, canPerform: logitDiff.mean > 0 };
  });
  return { ...result, experiments: { table: { ...table, rows } } };
}

describe("renderReport", () => {
  test("gives the same bytes for the same result", async () => {
    expect((await renderReport(result, PROVENANCE)) === page).toBe(true);
  });

  test("has a figure for each of the post's and each of the companions'", () => {
    const ids = Array.from(page.matchAll(/<figure id="([^"]+)"/g), ([, id]) => id);
    const letters = Array.from("abcdefghijklm", (letter) => `figure-${letter}`);
    const numbers = ["1", "2", "3", "4", "5", "6"].map((number) => `figure-${number}`);
    expect(ids.toSorted()).toEqual([...numbers, ...letters].toSorted());
  });

  test("gives every id once and leads no link of its own astray", () => {
    const body = page.slice(
      page.indexOf("<body>"),
      page.indexOf('<script type="application/json"'),
    );
    const ids = Array.from(body.matchAll(/ id="([^"]+)"/g), ([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, id] of body.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(id);
  });

  test("asks for nothing outside of itself; links lead to the sources only", () => {
    const withoutLinks = page.replace(/<a href="https:[^"]*">[^<]*<\/a>/g, "");
    expect(withoutLinks.length).toBeLessThan(page.length);
    // Hashes of the page's own scripts may have two slashes in them.
    const urls =
      withoutLinks.replace(/sha256-[\w+/=]+/g, "").match(/\b(?:https?:)?\/\/[\w.-]+[^"' ]*/g) ?? [];
    expect(urls.filter((url) => url !== "http://www.w3.org/2000/svg")).toEqual([]);
    expect(
      occurrences(withoutLinks, /<(?:img|iframe|object|embed|audio|video)\b|@import|url\(/),
    ).toEqual([]);
    expect(withoutLinks.match(/<link[^>]*>/g)).toEqual(['<link rel="icon" href="data:,">']);
  });

  test("allows its own style and script by their hashes, and no attribute of style", async () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page)?.[1] ?? "";
    const hash = async (text: string) => {
      const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
      return `sha256-${Buffer.from(digest).toString("base64")}`;
    };
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? "";
    const script = /<script>([\s\S]*?)<\/script>/.exec(page)?.[1] ?? "";
    expect(policy).toContain("default-src &#39;none&#39;");
    expect(policy).toContain(await hash(style));
    expect(policy).toContain(await hash(script));
    expect(occurrences(page, /<style/)).toHaveLength(1);
    expect(occurrences(page, /<[^>]* (?:style|on[a-z]+)="/)).toEqual([]);
  });

  test("takes a model's name for text, wherever it stands", async () => {
    const name = `</script><script>alert("x")</script><img src=x onerror=alert(1)>`;
    const html = await renderReport(named(name), { ...PROVENANCE, command: `x --model '${name}'` });
    expect(occurrences(html, /<script/)).toHaveLength(2);
    expect(occurrences(html, /<img/)).toEqual([]);
    expect(
      occurrences(html, /&lt;\/script&gt;&lt;script&gt;alert\(&quot;x&quot;\)/).length,
    ).toBeGreaterThan(3);
    expect(embeddedData(html).result).toMatchObject({ model: { name } });
  });

  test("carries the result with six significant digits, and its tables", () => {
    const data = embeddedData(page);
    expect(data.result).toEqual(inSixDigits(result));
    const csvs = Array.from(
      page.matchAll(/data-save="csv" data-name="([^"]+)"/g),
      ([, csv]) => csv,
    );
    expect(csvs).toHaveLength(19);
    for (const csv of csvs) expect(data.csv[csv ?? ""]).toMatch(/^\w.*\r\n/);
  });

  test("says how it came to be", () => {
    expect(words(page)).toContain(PROVENANCE.command);
    expect(words(page)).toContain("Lookback 9.8.7");
    expect(words(page)).toContain(result.model.hash);
    expect(words(page)).toContain("&quot;seed&quot;: 120");
  });

  test.each(EXPERIMENTS)("does with %s alone", async (name) => {
    const alone = { ...result, experiments: { [name]: result.experiments[name] } };
    const html = await renderReport(alone, PROVENANCE);
    const body = bodyOf(html);
    const names = Array.from(body.matchAll(/data-save="json" data-name="(\w+)"/g), ([, n]) => n);
    expect(new Set(names)).toEqual(new Set([name]));
    expect(occurrences(body, /undefined|NaN|Infinity|\[object/)).toEqual([]);
    expect(html.length).toBeLessThan(page.length);
  });

  test("has nothing to say of experiments that were not run", async () => {
    const html = await renderReport({ ...result, experiments: {} }, PROVENANCE);
    expect(occurrences(html, /<figure/)).toEqual([]);
    expect(words(html)).toContain("None of the experiments");
    expect(words(abstract({ ...result, experiments: {} }).text)).not.toContain("At length");
  });

  test("hatches what is masked and gives it no value", () => {
    const figure = /<figure id="figure-1">[\s\S]*?<\/figure>/.exec(page)?.[0] ?? "";
    const labels = result.experiments.figures1And2?.figure1.labels.length ?? 0;
    const panel = /<svg[\s\S]*?<\/svg>/.exec(figure)?.[0] ?? "";
    expect(panel.match(/<title>/g)).toHaveLength((labels * (labels + 1)) / 2);
    const strokes = /class="hatch" d="([^"]*)"/.exec(panel)?.[1]?.match(/M/g);
    expect(strokes).toHaveLength((labels * (labels - 1)) / 2);
  });
});

describe("the text", () => {
  test("has the result's numbers in its abstract", () => {
    const text = words(abstract(result).text);
    const three = result.experiments.table?.rows.find(({ length }) => length === 3);
    const ordering = result.experiments.ordering?.ordering.logitDiff;
    if (three === undefined || ordering === undefined) throw new Error("incomplete");
    expect(text).toContain(`B a probability of ${probability(three.pB.mean)} and D one of`);
    expect(text).toContain(probability(three.pD.mean));
    for (const { mean, ci95 } of [three.logitDiff, ordering]) {
      expect(text).toContain(
        `${logits(mean)} (95% interval ${logits(ci95[0])} to ${logits(ci95[1])})`,
      );
    }
    expect(text).toContain(`over ${three.logitDiff.n} prompts`);
  });

  test("claims no sign where an interval includes zero", async () => {
    const text = words(await renderReport(withTable([1, 2], [-1, 2], [-3, -1]), PROVENANCE));
    expect(text).toContain(
      "clearly above zero at length 2, clearly below zero at length 6 and of uncertain sign, with an interval that includes zero, at length 3",
    );
    expect(text).toContain("nothing longer than 2 is clearly above zero");
    const none = words(await renderReport(withTable([-1, 2], [-1, 2], [-1, 2]), PROVENANCE));
    expect(none).toContain("Here it is clearly above zero at no length that was measured.");
    expect(none).not.toContain("is clearly above zero at length");
  });

  test("says of a single prompt that it has no interval", async () => {
    const { table } = withTable().experiments;
    if (table === undefined) throw new Error("no table");
    const one = { mean: 2, se: 0, ci95: [2, 2], n: 1 } as const;
    const rows = table.rows.map((row) => ({ ...row, logitDiff: one }));
    const single = { table: { ...table, spec: { ...table.spec, batch: 1 }, rows } };
    const text = words(await renderReport({ ...result, experiments: single }, PROVENANCE));
    expect(text).toContain("2.00 (one prompt, so no interval)");
    expect(text).not.toContain("clearly above zero at length");
  });

  test.each([
    [[0.1, 0.2], "higher, as the post remarks"],
    [[-0.2, -0.1], "lower, unlike in the post’s remark"],
    [[-0.1, 0.1], "includes zero, so that no change is shown"],
  ] as const)("follows the reversed order, %j", async ([low, high], said) => {
    const { reversedOrder } = result.experiments;
    if (reversedOrder === undefined) throw new Error("no reversed order");
    const change = { ...reversedOrder.change, pB: between(low, high) };
    const experiments = { reversedOrder: { ...reversedOrder, change } };
    expect(words(await renderReport({ ...result, experiments }, PROVENANCE))).toContain(said);
  });

  test("names published numbers as another model's, and judges none of them", () => {
    expect(words(page)).toContain("of attn-only-2l, another model: for comparison only");
    expect(words(page)).toContain("none is judged");
    expect(words(page)).not.toMatch(/✓|✗|come out/);
  });

  test("judges the post's own model, number by number", async () => {
    const own = { ...result, model: { ...result.model, name: "attn-only-2l", isPublished: true } };
    const failing = judged(own, ({ quantity }) => quantity.startsWith("P(B), length"));
    const text = words(await renderReport(failing, PROVENANCE));
    expect(text).toContain("✗ 3 of 9 published numbers come out.");
    expect(text).toContain("0.0649✓ pass");
    expect(text).toContain("2.65✗ fail");
    expect(text).toContain("Longer sequences: 3 of 9 pass");
    expect(text).not.toContain("another model");
    const passing = words(
      await renderReport(
        judged(own, () => true),
        PROVENANCE,
      ),
    );
    expect(passing).toContain("✓ 9 of 9 published numbers come out.");
    expect(passing).not.toContain("✗");
  });

  test("notes the slips of the post where they matter", () => {
    for (const slip of [
      "sets B against C",
      "average over 1000 prompts; its notebook takes 4000",
      "lengths 2 to 5 here; the rows of its figure are lengths 3 to 6",
      "data file names head 2; its code keeps head 1",
    ]) {
      expect(words(page)).toContain(slip);
    }
  });
});

describe("reportFiles", () => {
  test("are the page and a table a file", async () => {
    const files = await reportFiles(result, PROVENANCE);
    expect(files.get("report.html") === page).toBe(true);
    expect(files.get("data/table.csv")).toMatch(/^length \(tokens\),/);
    expect(files.get("data/comparisons.csv")).toContain("not judged");
    expect([...files.keys()].every((name) => /^(report\.html|data\/[\w-]+\.csv)$/.test(name))).toBe(
      true,
    );
  });
});
