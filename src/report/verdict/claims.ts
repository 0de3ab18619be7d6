/** @file The claims: what each says, what it predicted, and where the intervals lie. */

import { type Claim, inWords, type Measurement, type Verdict } from "../../hypothesis/claim.ts";
import type { VerdictResult } from "../../hypothesis/verdict.ts";
import { picture } from "../drawing/chart.ts";
import { forestChart } from "../drawing/forest-chart.ts";
import type { Outcome } from "../drawing/outcome.ts";
import { effect, type Format, logits, plain, share, whole } from "../format.ts";
import { downloads } from "../page/figure.ts";
import { html, type Markup } from "../page/markup.ts";
import type { Section } from "../page/section.ts";
import { dataTable } from "../page/tables.ts";
import { claimsThat } from "./abstract.ts";
import { ASIDE, VERDICT_LOOKS } from "./looks.ts";

/** How numbers of a unit are written. */
export function formatOf(unit: string): Format {
  if (unit === "nats") return logits;
  return unit === "share" ? effect : share;
}

/** What a unit is called on an axis. */
export function unitName(unit: string): string {
  return unit === "share" ? "share: 0 is nothing, 1 is all" : unit;
}

/** A verdict in its colour, with its sign. */
export function badge(verdict: Verdict, text: string = verdict): Markup {
  const { sign, className } = VERDICT_LOOKS[verdict];
  return html`<span class="badge ${className}">${sign} ${text}</span>`;
}

/** What a measurement says, in a word. */
export function outcome({ applies, verdict }: Measurement): string {
  return applies ? verdict : "set aside: a share of nothing";
}

/** What came out, as charts draw it. */
export function drawnOutcome(measurement: Measurement): Outcome {
  const { estimate, interval, predicted, applies, verdict } = measurement;
  const { sign, colour } = VERDICT_LOOKS[verdict];
  return {
    mean: estimate.mean,
    interval,
    n: estimate.n,
    predicted,
    sign: applies ? sign : ASIDE,
    word: outcome(measurement),
    colour: applies ? colour : "var(--quiet)",
    aside: !applies,
  };
}

/** A picture for each unit, so that no axis holds two. */
function pictures({ id, measurement }: Claim): Markup[] {
  const units = [...new Set(measurement.map(({ unit }) => unit))];
  return units.map((unit) =>
    forestChart({
      title: id,
      unit: unitName(unit),
      rows: measurement
        .filter((one) => one.unit === unit)
        .map((one) => ({ name: inWords(one), ...drawnOutcome(one) })),
      format: formatOf(unit),
    }),
  );
}

function item(claim: Claim, i: number): Markup {
  const { id, statement, test, prediction, verdict, reason } = claim;
  const fact = (name: string, text: string) => html`<div><dt>${name}</dt><dd>${text}</dd></div>`;
  const drawn = pictures(claim);
  return html`<li id="claim-${id}"${drawn.length === 0 && html` class="alone"`}><div>
<p class="statement"><span class="number">${i + 1}</span>${statement}</p>
<p>${badge(verdict)}</p>
<dl>${fact("Test", test)}${fact("Predicted", prediction)}${reason !== null && fact("Because", reason)}</dl></div>
${drawn.length > 0 && html`<div>${drawn}</div>`}</li>`;
}

/** The shade of a predicted side, and what a threshold looks like. */
export function predictedKey(): Markup {
  const text = "side on which the mean was predicted to lie, from its threshold on";
  return picture(
    { title: "", description: text },
    {
      width: 34 + Math.ceil(text.length * 6.6),
      height: 22,
      content: `<path class="predicted" d="M5 2h20v18h-20z"/><path d="M5 2v18" stroke="currentColor" stroke-opacity="0.75" stroke-width="1.4"/><text x="31" y="15" text-anchor="start">${text}</text>`,
    },
  );
}

function overview({ claims }: VerdictResult): Markup {
  const table = dataTable({
    caption: "The claims and what came out",
    words: true,
    columns: ["Claim", "Verdict"],
    rows: claims.map(({ id, statement, verdict }) => [
      html`<a href="#claim-${id}">${statement}</a>`,
      badge(verdict),
    ]),
  });
  return html`<div class="claims-index">${table}</div>`;
}

/** On how many prompts the means are. */
function counted(claims: readonly Claim[]): string {
  const ns = claims.flatMap(({ measurement }) => measurement.map(({ estimate }) => estimate.n));
  if (ns.length === 0) return "";
  const [least, most] = [Math.min(...ns), Math.max(...ns)].map(whole);
  return least === most ? `n = ${least}.` : `n is ${least} to ${most}, told with each value.`;
}

/** The section of the claims. */
export function claimsSection(result: VerdictResult): Section {
  const { claims, comparisons, confidence, rule } = result;
  const label = "Figure V1";
  const verdicts = ["held", "did not hold", "cannot tell"] as const;
  return {
    id: "verdict",
    title: "The verdict",
    body: html`
<ul class="tally">${verdicts.map((verdict) => html`<li>${badge(verdict, `${claimsThat(result, verdict).length} ${verdict}`)}</li>`)}</ul>
${overview(result)}
<p>${rule} Here ${whole(comparisons)} prediction${comparisons === 1 ? " was" : "s were"} made, so each interval below is one of ${plain(confidence * 100)}%.</p>
<figure id="figure-v1">
<div class="pictures" tabindex="0" role="group" aria-label="${label}: pictures; arrow keys read values">
<ol class="claims">${claims.map(item)}</ol>
<div class="keys">${predictedKey()}</div>
</div>
<figcaption><strong>${label}. Every claim, its predictions and what came out.</strong> Points are means over prompts, lines their intervals at ${plain(confidence * 100)}%, which hold together with 95%; ${counted(claims)} ✓ held, ✗ did not hold, ? cannot tell, ${ASIDE} set aside: a share of something that is not clearly above zero. An arrow says that the interval goes on.</figcaption>
<details><summary>Values of ${label} as a table</summary>${dataTable({
      caption: "Predictions and what came out",
      columns: ["Claim", "Quantity", "Unit", "Mean", "Interval", "n", "Predicted", "Came out"],
      words: true,
      rows: claims.flatMap(({ id, measurement }) =>
        measurement.map((one) => {
          const format = formatOf(one.unit);
          const [low, high] = one.interval.map(format);
          return [
            id,
            inWords(one),
            one.unit,
            format(one.estimate.mean),
            `[${low}, ${high}]`,
            whole(one.estimate.n),
            `${one.predicted.is} ${format(one.predicted.value)}`,
            outcome(one),
          ];
        }),
      ),
    })}</details>
${downloads(label, [
  { kind: "csv", name: "claims", format: "CSV" },
  { kind: "claims", format: "JSON" },
  { kind: "svg", format: "SVG" },
])}
</figure>`,
  };
}
