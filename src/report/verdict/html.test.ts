import { beforeAll, describe, expect, test } from "vitest";
import { sampleResult } from "../../../test/sample-result.ts";
import { plantedVerdict, randomVerdict } from "../../../test/sample-verdict.ts";
import type { Claim, Verdict } from "../../hypothesis/claim.ts";
import type { VerdictResult } from "../../hypothesis/verdict.ts";
import { inSixDigits, sixDigits } from "../../six-digits.ts";
import { reportFiles } from "../files.ts";
import { effect, logits } from "../format.ts";
import { renderReport } from "../html.ts";
import { verdictAbstract } from "./abstract.ts";
import { verdictCsvFiles } from "./csv.ts";
import { verdictFiles } from "./files.ts";
import { renderVerdict } from "./html.ts";
import { verdictSections } from "./sections.ts";

const PROVENANCE = { command: "lookback verdict --model planted", version: "9.8.7" };

let planted: VerdictResult;
let without: VerdictResult;
let page: string;

beforeAll(async () => {
  planted = await plantedVerdict();
  without = await randomVerdict(`</script><script>alert("x")</script>`);
  page = await renderVerdict(planted, PROVENANCE);
}, 60_000);

function bodyOf(html: string): string {
  return html.slice(html.indexOf("<body>"), html.indexOf('<script type="application/json"'));
}

/** The words of a piece of HTML, pictures left out. */
function words(html: string): string {
  return html
    .replace(/<(script|style|svg)[\s\S]*?<\/\1>/g, " ")
    .replace(/<[^>]*>/g, "")
    .replace(/\s+/g, " ");
}

function matches(html: string, pattern: RegExp): string[] {
  return Array.from(html.matchAll(pattern), ([, found]) => found ?? "");
}

function embedded(html: string): { verdict: VerdictResult; csv: Record<string, string> } {
  return JSON.parse(matches(html, /id="data">([\s\S]*?)<\/script>/g)[0] ?? "");
}

/** The lines of a CSV as objects; no field of ours has a line break. */
function records(csv: string | undefined): Record<string, string>[] {
  const [head = [], ...rows] = (csv ?? "")
    .trimEnd()
    .split("\r\n")
    .map((line) =>
      Array.from(line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g), ([, cell = ""]) =>
        cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell,
      ).slice(0, -1),
    );
  return rows.map((row) => Object.fromEntries(head.map((name, i) => [name, row[i] ?? ""])));
}

function withClaims(verdicts: readonly Verdict[]): VerdictResult {
  const claims = verdicts.map(
    (verdict, i): Claim => ({
      id: `c${i}`,
      statement: `Claim ${i}.`,
      test: "t",
      prediction: "p",
      measurement: [],
      verdict,
      reason: verdict === "cannot tell" ? "why not" : null,
    }),
  );
  return { ...planted, claims };
}

describe("the page of a verdict", () => {
  test("gives the same bytes for the same result, also from its JSON", async () => {
    expect((await renderVerdict(JSON.parse(JSON.stringify(planted)), PROVENANCE)) === page).toBe(
      true,
    );
  });

  test("has every figure in order, every id once, and no link that leads nowhere", () => {
    const figures = matches(page, /<figure id="([^"]+)"/g);
    expect(figures).toEqual(Array.from({ length: 17 }, (_, i) => `figure-v${i + 1}`));
    const ids = matches(bodyOf(page), / id="([^"]+)"/g);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of matches(bodyOf(page), /href="#([^"]+)"/g)) expect(ids).toContain(id);
    const tables = matches(bodyOf(page), /role="region" tabindex="0" aria-label="([^"]+)"/g);
    expect(tables.filter((label, i) => tables.indexOf(label) !== i)).toEqual([]);
  });

  test("asks for nothing and runs nothing but its own script", async () => {
    const hash = async (text: string) => {
      const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
      return `sha256-${Buffer.from(digest).toString("base64")}`;
    };
    const [policy = ""] = matches(page, /Content-Security-Policy" content="([^"]+)"/g);
    expect(policy).toContain(await hash(matches(page, /<style>([\s\S]*?)<\/style>/g)[0] ?? ""));
    expect(policy).toContain(await hash(matches(page, /<script>([\s\S]*?)<\/script>/g)[0] ?? ""));
    expect(matches(page, /(<[^>]* (?:style|on[a-z]+)=")/g)).toEqual([]);
    expect(matches(page, /(url\(|@import|<img|<iframe)/g)).toEqual([]);
  });

  test("states the rule, and each claim with its prediction and intervals", () => {
    const text = words(page).replaceAll("&#39;", "'");
    expect(text).toContain(planted.rule.slice(0, 60));
    expect(text).toContain(`Here ${planted.comparisons} predictions were made`);
    for (const { id, statement, prediction, measurement } of planted.claims) {
      const [claim = ""] = matches(page, new RegExp(`(<li id="claim-${id}"[\\s\\S]*?</li>)`, "g"));
      expect(words(claim).replaceAll("&#39;", "'")).toContain(statement);
      expect(words(claim).replaceAll("&#39;", "'")).toContain(prediction);
      // One picture part a measurement, with its value told where the reader points.
      expect(matches(claim, /(<title>)/g)).toHaveLength(measurement.length);
      for (const { unit, estimate } of measurement) {
        if (unit === "nats") expect(claim).toContain(logits(estimate.mean));
        if (unit === "share") expect(claim).toContain(effect(estimate.mean));
      }
    }
  });

  test("carries the verdict with six significant digits, and a table for every download", () => {
    const { verdict, csv } = embedded(page);
    expect(verdict).toEqual(inSixDigits(planted));
    const names = matches(page, /data-save="csv" data-name="([^"]+)"/g);
    expect(names.length).toBe(17);
    for (const name of names) expect(csv[name]).toMatch(/^\w.*\r\n/);
    const parts = matches(page, /data-save="part" data-name="([^"]+)"/g);
    for (const part of parts) expect(Object.keys(verdict.parts)).toContain(part);
  });

  test("takes a model's name for text", async () => {
    const html = await renderVerdict(without, PROVENANCE);
    expect(matches(html, /(<script)/g)).toHaveLength(2);
    expect(embedded(html).verdict.model.name).toBe(without.model.name);
  });

  test("says what is missing where no head plays a role, and draws no share of nothing", async () => {
    const html = await renderVerdict(without, PROVENANCE);
    expect(words(html)).toContain(
      "This model has no previous-token head, no look-back head and no induction head",
    );
    expect(matches(bodyOf(html), /(undefined|NaN|Infinity|\[object)/g)).toEqual([]);
    const figures = matches(html, /<figure id="([^"]+)"/g);
    for (const id of ["figure-v3", "figure-v8", "figure-v9", "figure-v11", "figure-v17"]) {
      expect(figures, id).not.toContain(id);
    }
    const clear = without.parts.reach.rows.some(({ whole }) => whole.ci95[0] > 0);
    expect(figures.includes("figure-v5")).toBe(clear);
    expect(matches(bodyOf(page), /(undefined|NaN|Infinity|\[object)/g)).toEqual([]);
  });
});

describe("what a section says", () => {
  const said = async (parts: Partial<VerdictResult["parts"]>) =>
    words(await renderVerdict({ ...planted, parts: { ...planted.parts, ...parts } }, PROVENANCE));

  test("names what an ablated head puts out", async () => {
    const { ablation } = planted.parts;
    const mean = { ...ablation, spec: { ...ablation.spec, kind: "mean" as const } };
    expect(await said({ ablation: mean })).toContain(
      "a head that is ablated puts out its mean over random tokens",
    );
  });

  test("limits no reach where nothing is below the induction heads", async () => {
    const text = await said({ reach: { ...planted.parts.reach, layers: [] } });
    expect(text).toContain("there are no heads below the induction heads");
    expect(text).not.toContain("Figure V5");
  });

  test("has the doubled middle as part of a preference for late places only where there is one", async () => {
    const { recency } = planted.parts;
    const about = (mean: number) =>
      ({ mean, se: 0.1, ci95: [mean - 0.2, mean + 0.2], n: 9 }) as const;
    const shifted = (random: number) => ({
      random: about(random),
      doubled: about(random - 1),
      fall: about(1),
    });
    const withMiddle = (random: number) => {
      const [first, ...others] = recency.rows;
      if (first === undefined) throw new Error("no rows");
      return [
        { ...first, doubledMiddle: shifted(random) },
        ...others.map((row) => ({ ...row, doubledMiddle: null })),
      ];
    };
    const part = "So part of the preference for late places at length 2";
    const late = await said({ recency: { ...recency, rows: withMiddle(2) } });
    expect(late).toContain("shifts towards the earlier place at length 2");
    expect(late).toContain(part);
    const early = await said({ recency: { ...recency, rows: withMiddle(-2) } });
    expect(early).toContain("shifts towards the earlier place at length 2");
    expect(early).not.toContain(part);
  });
});

describe("the abstract", () => {
  test("counts, and names what did not hold", () => {
    const said = (...verdicts: Verdict[]) => words(verdictAbstract(withClaims(verdicts)).text);
    expect(said("held", "did not hold", "held", "cannot tell")).toContain(
      `Of 4 claims on ${planted.model.name}, 2 held, 1 did not hold and 1 cannot be told from these data. Did not hold: “Claim 1”. Cannot be told: “Claim 3”.`,
    );
    expect(said("held", "held")).toContain(`Of 2 claims on ${planted.model.name}, 2 held.`);
    expect(said("held", "held")).not.toContain("Did not hold:");
  });
});

describe("the tables", () => {
  test("hold every number of the verdict, one measurement a line", () => {
    const csv = verdictCsvFiles(planted);
    const claims = records(csv.get("claims"));
    const measurements = planted.claims.flatMap(({ measurement }) => measurement);
    const empty = planted.claims.filter(({ measurement }) => measurement.length === 0);
    expect(claims).toHaveLength(measurements.length + empty.length);
    const [first] = measurements;
    expect(Number(claims[0]?.["interval low"])).toBe(sixDigits(first?.interval[0] ?? Number.NaN));

    const { edges, recency, order } = planted.parts;
    const paths = edges.matrices.flatMap(({ effects }) => effects.flat()).filter((e) => e !== null);
    expect(records(csv.get("edges"))).toHaveLength(paths.length + 2 * edges.matrices.length);
    const row = records(csv.get("recency-by-length")).find(
      ({ length, quantity }) => length === "3" && quantity === "corrected",
    );
    const three = recency.rows.find(({ length }) => length === 3)?.corrected;
    expect(Number(row?.mean)).toBe(sixDigits(three?.mean ?? Number.NaN));
    const orders = records(csv.get("order")).filter(({ quantity }) => quantity === "control");
    expect(orders).toHaveLength(order.rows.flatMap(({ arms }) => arms).length);
  });

  test("are files beside the page", async () => {
    const files = await verdictFiles(planted, PROVENANCE);
    expect(files.get("report.html") === page).toBe(true);
    expect([...files.keys()].slice(1)).toEqual(
      [...verdictCsvFiles(planted).keys()].map((name) => `data/${name}.csv`),
    );
  });
});

describe("the report with a verdict", () => {
  test("has the verdict's sections as a chapter, beside all of its own", async () => {
    const result = await sampleResult();
    const alone = await renderReport(result, PROVENANCE);
    const both = await renderReport(result, PROVENANCE, planted);
    const ids = matches(bodyOf(both), / id="([^"]+)"/g);
    expect(new Set(ids).size).toBe(ids.length);
    const own = matches(bodyOf(alone), / id="([^"]+)"/g);
    for (const id of own) expect(ids).toContain(id);
    for (const { id } of verdictSections(planted)) expect(ids).toContain(id);
    expect(words(both)).toContain("Causes, not correlations");
    expect(words(alone)).not.toContain("Causes, not correlations");
    for (const id of matches(bodyOf(both), /href="#([^"]+)"/g)) expect(ids).toContain(id);
    const { csv } = embedded(both);
    for (const name of matches(both, /data-save="csv" data-name="([^"]+)"/g)) {
      expect(csv[name], name).toMatch(/^\w.*\r\n/);
    }

    const files = await reportFiles(result, PROVENANCE, planted);
    expect(files.get("report.html") === both).toBe(true);
    expect(files.get("data/claims.csv")).toBe(verdictCsvFiles(planted).get("claims"));
    expect(files.get("data/table.csv")).toMatch(/^length/);
  });
});
