/** @file The post's table: how long a sequence can be before the model no longer tells B from D. */

import { published } from "../../experiments/published.ts";
import type { ReproduceResult } from "../../experiments/reproduce.ts";
import type { TableResult, TableRow } from "../../experiments/table.ts";
import { COLOURS } from "../drawing/colour.ts";
import { publishedKey, seriesKey } from "../drawing/legend.ts";
import { pointOf, publishedPoint } from "../drawing/marks.ts";
import { seriesChart } from "../drawing/series-chart.ts";
import { hasInterval, interval, logits, probability } from "../format.ts";
import { figure } from "../page/figure.ts";
import { html, listed, type Markup, sentences } from "../page/markup.ts";
import { note, publishedNote, type SectionOf, verdict } from "../page/section.ts";
import { dataTable } from "../page/tables.ts";
import { tokens } from "../page/tokens.ts";
import { bySide, prompts, type Side, sample, sideOf, stated } from "../prose.ts";

/** A row of the published table. */
export interface PublishedRow {
  readonly length: number;
  readonly logitDiff: number;
  readonly pB: number;
  readonly pD: number;
}

/** The published row of a length, where there is one. */
export function publishedRow(length: number): PublishedRow | undefined {
  const row = published.post.table.rows.find(([of]) => of === length);
  const [, logitDiff, pB, pD] = row ?? [];
  if (logitDiff === undefined || pB === undefined || pD === undefined) return undefined;
  return { length, logitDiff, pB, pD };
}

/** Which of a row's two differences: as the post asks, or asked both ways. */
type Difference = "logitDiff" | "bothWays";

/** Lengths by what their interval says of the logit difference. */
export function lengthsBySide(
  { rows }: TableResult,
  difference: Difference = "logitDiff",
): Record<Side, number[]> {
  const lengths: Record<Side, number[]> = { above: [], below: [], unclear: [] };
  for (const row of rows) lengths[sideOf(row[difference])].push(row.length);
  return lengths;
}

/** `above zero at lengths 2, 3 and 4; …`: every length that was measured is named. */
export function lengthsInWords(table: TableResult, difference?: Difference): Markup {
  const { above, below, unclear } = lengthsBySide(table, difference);
  const of = (lengths: number[]) => html`length${lengths.length > 1 && "s"} ${listed(lengths)}`;
  const single = table.spec.batch === 1;
  return html`${listed(
    [
      above.length > 0 && html`clearly above zero at ${of(above)}`,
      below.length > 0 && html`clearly below zero at ${of(below)}`,
      unclear.length > 0 &&
        html`${single ? "of unknown sign, for want of more than one prompt," : "of uncertain sign, with an interval that includes zero,"} at ${of(unclear)}`,
    ].filter((part) => part !== false),
  )}`;
}

function intervalIs({ logitDiff }: TableRow): string {
  if (!hasInterval(logitDiff)) return "unknown, n = 1";
  return bySide(sideOf(logitDiff), { above: "above 0", below: "below 0", unclear: "spans 0" });
}

function wholeTable(result: ReproduceResult, { rows, comparisons, spec }: TableResult): Markup {
  const passOf = (quantity: string, length: number) => {
    const found = comparisons.find((c) => c.quantity === `${quantity}, length ${length}`);
    if (found?.pass == null) return "";
    return html`<br><span class="${found.pass ? "good" : "bad"}">${found.pass ? "✓ pass" : "✗ fail"}</span>`;
  };
  return dataTable({
    caption: html`The post’s table, measured on ${result.model.name}, with 95% intervals, ${prompts(spec.batch)} for each length. “Can perform” is the post’s criterion, a positive mean logit difference; below it stands what its interval says. “Asked both ways” is the mean of the logit difference and of D − B where the same prompts ask for D, paired over prompts, and not in the post. Published values are of attn-only-2l.`,
    columns: [
      "Length",
      "P(B)",
      "P(D)",
      "Logit difference B − D",
      "Can perform",
      "Asked both ways",
      "Published P(B)",
      "Published P(D)",
      "Published logit difference",
    ],
    rows: rows.map((row) => {
      const { length, pB, pD, logitDiff, canPerform, bothWays } = row;
      const post = publishedRow(length);
      const cell = (value: number, format: (v: number) => string, e: TableRow["pB"]) =>
        html`${format(value)}<br><span class="interval">${interval(e, format)}</span>`;
      return [
        length,
        cell(pB.mean, probability, pB),
        cell(pD.mean, probability, pD),
        cell(logitDiff.mean, logits, logitDiff),
        html`${canPerform ? "yes" : "no"}<br><span class="interval">${intervalIs(row)}</span>`,
        cell(bothWays.mean, logits, bothWays),
        post ? html`${probability(post.pB)}${passOf("P(B)", length)}` : "–",
        post ? html`${probability(post.pD)}${passOf("P(D)", length)}` : "–",
        post ? html`${logits(post.logitDiff)}${passOf("logit difference", length)}` : "–",
      ];
    }),
  });
}

function panels({ rows, spec }: TableResult): Markup[] {
  const posts = spec.lengths.flatMap((length) => publishedRow(length) ?? []);
  const x = { label: "length of one copy (tokens)", ticks: spec.lengths };
  const at = (length: number) => `length ${length}`;
  return [
    seriesChart({
      title: "Logit difference B − D",
      description: rows
        .map(
          ({ length, logitDiff, bothWays }) =>
            `${at(length)}: ${logits(logitDiff.mean)}, asked both ways ${logits(bothWays.mean)}`,
        )
        .join("; "),
      x,
      y: { label: "nats" },
      series: [
        {
          colour: COLOURS.right,
          points: rows.map((r) => pointOf(r.length, r.logitDiff, at(r.length), logits)),
          published: posts.map((p) => publishedPoint(p.length, p.logitDiff, at(p.length), logits)),
        },
        {
          colour: COLOURS.third,
          symbol: "triangle",
          points: rows.map((r) =>
            pointOf(r.length, r.bothWays, `${at(r.length)}, asked both ways`, logits),
          ),
        },
      ],
    }),
    seriesChart({
      title: "Probabilities of B and of D",
      description: rows
        .map(
          ({ length, pB, pD }) =>
            `${at(length)}: B ${probability(pB.mean)}, D ${probability(pD.mean)}`,
        )
        .join("; "),
      x,
      y: { label: "probability" },
      series: [
        {
          colour: COLOURS.right,
          points: rows.map((r) => pointOf(r.length, r.pB, `P(B), ${at(r.length)}`, probability)),
          published: posts.map((p) =>
            publishedPoint(p.length, p.pB, `P(B), ${at(p.length)}`, probability),
          ),
        },
        {
          colour: COLOURS.wrong,
          symbol: "square",
          points: rows.map((r) => pointOf(r.length, r.pD, `P(D), ${at(r.length)}`, probability)),
          published: posts.map((p) =>
            publishedPoint(p.length, p.pD, `P(D), ${at(p.length)}`, probability),
          ),
        },
      ],
    }),
  ];
}

/** How the lengths that work compare with the post's expectation. */
function reach(result: ReproduceResult, table: TableResult): Markup {
  const { above } = lengthsBySide(table);
  const longest = Math.max(...table.spec.lengths);
  const furthest = Math.max(0, ...above);
  return sentences(
    "The post expects this to work up to lengths of about 4 or 5, as far as its look-back-two head reaches, and finds it from 2 to 5.",
    furthest > 5 &&
      html`Here it is found at length ${furthest} too, further than the post expects${result.model.isPublished && " of this model"}.`,
    furthest > 0 &&
      furthest <= 5 &&
      longest > 5 &&
      html`Here too, nothing longer than ${furthest} is clearly above zero.`,
    above.length === 0 && "Here it is clearly above zero at no length that was measured.",
  );
}

/** The section of the table. */
export const tableSection: SectionOf = (result) => {
  const { table } = result.experiments;
  if (table === undefined) return null;
  const { spec, rows, comparisons } = table;
  const best = rows.reduce((a, b) => (b.logitDiff.mean > a.logitDiff.mean ? b : a));
  const hasPublished = rows.some(({ length }) => publishedRow(length) !== undefined);
  return {
    id: "table",
    title: "Longer sequences",
    body: html`
<p>How long may the shared middle be? With more X’s, the A that tells B from D lies further back. A length of 5, for instance, asks ${tokens("A X1 X2 X3 B C X1 X2 X3 D A X1 X2 X3", { asks: true })}</p>
<p>${sentences(
      html`The mean logit difference is ${lengthsInWords(table)}.`,
      html`It is largest at length ${best.length}: ${stated(best.logitDiff, logits)}.`,
      reach(result, table),
    )}</p>
<p>D’s sequence stands nearer than B’s, and a model may like near places or far ones, or one token more than the other. So the same prompts are asked about D too: the last copy begins with C, and D is right. In the mean of the two differences such preferences cancel, and its interval is narrower. Asked both ways, it is ${lengthsInWords(table, "bothWays")}.</p>
${note("The post says that each row is an average over 1000 prompts; its notebook takes 4000, and so do the published values here. Its “can perform” looks at the mean alone.")}
${verdict(result, comparisons)}
${wholeTable(result, table)}
${figure({
  id: "figure-b",
  label: "Figure B",
  title: "The table as a picture",
  caption: `Means with 95% intervals. ${sample(spec)}, the same at each length. ${hasPublished ? publishedNote(result) : ""}`,
  panels: panels(table),
  layout: "chart",
  keys: [
    seriesKey("logit difference, or B", COLOURS.right),
    seriesKey("D", COLOURS.wrong, { symbol: "square" }),
    seriesKey("asked both ways", COLOURS.third, { symbol: "triangle" }),
    ...(hasPublished ? [publishedKey()] : []),
  ],
  table: dataTable({
    caption: "Means, 95% intervals and published values of attn-only-2l",
    columns: ["Length", "Quantity", "Mean", "95% interval", "Published, attn-only-2l"],
    rows: rows.flatMap(({ length, pB, pD, logitDiff, bothWays }) => {
      const post = publishedRow(length);
      return [
        [
          length,
          "P(B)",
          probability(pB.mean),
          interval(pB, probability),
          post ? probability(post.pB) : "–",
        ],
        [
          length,
          "P(D)",
          probability(pD.mean),
          interval(pD, probability),
          post ? probability(post.pD) : "–",
        ],
        [
          length,
          "Logit difference",
          logits(logitDiff.mean),
          interval(logitDiff, logits),
          post ? logits(post.logitDiff) : "–",
        ],
        [
          length,
          "Logit difference, asked both ways",
          logits(bothWays.mean),
          interval(bothWays, logits),
          "–",
        ],
      ];
    }),
  }),
  csv: "table",
  json: "table",
})}`,
  };
};
