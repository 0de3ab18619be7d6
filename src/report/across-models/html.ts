/** @file The page of several verdicts: one HTML file that needs nothing but itself, and carries its data. */

import type { AcrossModels, ClaimAcross, JudgedModel } from "../../hypothesis/across-models.ts";
import type { Verdict } from "../../hypothesis/claim.ts";
import { CIRCUIT_ROLES } from "../../hypothesis/context.ts";
import type { Provenance } from "../appendix.ts";
import { csvText } from "../csv/csv.ts";
import { whole } from "../format.ts";
import { dataFigure } from "../page/data-figure.ts";
import { html, listed, type Markup, sentences } from "../page/markup.ts";
import { chapter, contents, renderPage, slugOf } from "../page/page.ts";
import type { Section } from "../page/section.ts";
import { dataTable } from "../page/tables.ts";
import { quoted } from "../verdict/abstract.ts";
import { VERDICT_LOOKS } from "../verdict/looks.ts";
import { VERDICT_STYLE } from "../verdict/style.ts";
import { claimsFigure, type ModelPages } from "./claims-figure.ts";
import { countOf, isInAll } from "./counts.ts";
import { lengthsFigure } from "./lengths-figure.ts";

/** What the page is of, beside the result. */
export interface AcrossModelsProvenance extends Provenance {
  readonly pages: ModelPages;
}

const STYLE = `
.outcomes{display:flex;flex-wrap:wrap;gap:.35rem .5rem;margin:.5rem 0;padding:0;list-style:none}
.outcomes li{margin:0}
.outcomes a{text-decoration:none}
.outcomes a:hover .badge{background:color-mix(in srgb,currentColor 12%,transparent)}
section[aria-labelledby=models] th[scope=row]{white-space:nowrap}
.claims-index th[scope=row]{min-width:14rem}
`.replaceAll("\n", "");

/** Claims that the abstract names; of more it tells how many. */
const MOST_NAMED = 3;

/** `in standard-2l and shortformer-2l`: where that came out. */
function inWhich(claim: ClaimAcross, verdict: Verdict, models: AcrossModels["models"]): Markup {
  const names = models.flatMap(({ name }, i) => (claim.verdicts[i] === verdict ? [name] : []));
  return html`${quoted(claim)} in ${listed(names)}`;
}

function abstract({ models, claims }: AcrossModels): Markup {
  const inAll = claims.filter((claim) => isInAll(claim, "held"));
  const failed = claims.filter((claim) => countOf(claim, "did not hold") > 0);
  const unclear = claims.filter((claim) => !inAll.includes(claim) && !failed.includes(claim));
  return sentences(
    "Each claim of the post’s account of longer sequences, tested on several models by the same rule.",
    html`Of ${claims.length} claims on ${listed(models.map(({ name }) => name))}, ${inAll.length} held in every model.`,
    failed.length > 0 &&
      html`Did not hold: ${listed(failed.map((claim) => inWhich(claim, "did not hold", models)))}.`,
    unclear.length > MOST_NAMED &&
      html`${unclear.length} others cannot be told in one model at least.`,
    unclear.length > 0 &&
      unclear.length <= MOST_NAMED &&
      html`Cannot be told: ${listed(unclear.map((claim) => inWhich(claim, "cannot tell", models)))}.`,
  );
}

function modelRow(model: JudgedModel, page: string | undefined) {
  const { name, n_layers, parameters, circuit, reach, longest } = model;
  const heads = CIRCUIT_ROLES.map((role) => circuit[role].join(", ") || "none");
  return [
    page === undefined ? name : html`<a href="${page}">${name}</a>`,
    n_layers,
    whole(parameters),
    reach ?? "–",
    longest ?? "–",
    ...heads,
  ];
}

function modelsSection({ models }: AcrossModels, pages: ModelPages, lengths: Markup): Section {
  return {
    id: "models",
    title: "The models",
    body: html`${dataTable({
      caption: "The models, their heads, and how far each matches",
      words: true,
      columns: [
        "Model",
        "Layers",
        "Parameters",
        "Reach",
        "Longest matched",
        "Previous-token heads",
        "Look-back heads",
        "Induction heads",
      ],
      rows: models.map((model, i) => modelRow(model, pages?.[i])),
    })}
<p>The reach, in tokens, is that of the head below the induction heads that looks back furthest: the lag up to which nine tenths of its attention lie. The longest matched is the longest sequence of which, and of all shorter ones, the model tells B from D by a tenth of a nat, asked about either sequence. That larger models reach further is what these two columns can speak for or against.</p>
${lengths}`,
  };
}

/** A verdict as its sign alone, for a table that may be of many models. */
function signOf(verdict: Verdict): Markup {
  const { sign, className } = VERDICT_LOOKS[verdict];
  return html`<span class="badge ${className}" role="img" aria-label="${verdict}" title="${verdict}">${sign}</span>`;
}

function matrixSection({ rule, models, claims }: AcrossModels): Section {
  const table = dataTable({
    caption: "The claims and what came out in each model",
    words: true,
    columns: ["Claim", ...models.map(({ name }) => name)],
    rows: claims.map(({ id, statement, verdicts }) => [
      html`<a href="#claim-${id}">${statement}</a>`,
      ...verdicts.map((verdict) => signOf(verdict)),
    ]),
  });
  return {
    id: "verdicts",
    title: "The verdicts",
    body: html`<div class="claims-index">${table}</div>
<p>✓ held, ✗ did not hold, ? cannot tell. ${rule} Each model is judged for itself.</p>`,
  };
}

function appendix({ models }: AcrossModels, { command, version }: Provenance): Section {
  return {
    id: "appendix",
    title: "Appendix",
    body: html`
<h3 id="repeat">To repeat this</h3>
<pre class="command" tabindex="0" aria-label="Command"><code>${command}</code></pre>
<p>Lookback ${version}. The same models, spec and seeds on the same kind of device give the same bytes.</p>
<h3 id="weights">SHA-256 of the weights</h3>
<dl class="facts">${models.map(({ name, hash }) => html`<div><dt>${name}</dt><dd><code class="hash">${hash}</code></dd></div>`)}</dl>`,
  };
}

/** Verdicts side by side as one self-contained HTML page. The same result gives the same bytes. */
export function renderAcrossModels(
  result: AcrossModels,
  provenance: AcrossModelsProvenance,
): Promise<string> {
  const { pages, version } = provenance;
  const lengths = lengthsFigure(result);
  const claims = claimsFigure(result, pages);
  const figures = [lengths, claims];
  const chapters: Section[] = [
    modelsSection(result, pages, dataFigure(lengths, 1)),
    matrixSection(result),
    { id: "claim-by-claim", title: "Claim by claim", body: dataFigure(claims, 2) },
    appendix(result, provenance),
  ];
  const title = `The verdict on longer sequences, on ${result.models.length} models`;
  return renderPage({
    title,
    version,
    style: `${VERDICT_STYLE}${STYLE}`,
    skip: { to: "models", text: "Skip to the verdicts" },
    kicker: `Verdicts with Lookback ${version}`,
    heading: `Do ${result.models.length} models complete longer sequences the way the post says?`,
    byline: "Causal tests of Induction head circuits for longer sequences by Eoin Farrell",
    abstract: abstract(result),
    body: html`${contents(chapters)}
${chapters.map(chapter)}`,
    data: {
      slug: slugOf(`${result.models.length}-models`, "verdicts"),
      csv: Object.fromEntries(figures.map(({ name, table }) => [name, csvText(table)])),
      figures: Object.fromEntries(figures.map(({ name, json }) => [name, json])),
    },
  });
}
