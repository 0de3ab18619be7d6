/**
 * @file The page of a sweep: one HTML file that needs nothing but itself, in the manner of the report.
 * It holds the pictures, the values behind them, the spec that repeats it, and its numbers as CSV.
 */

import { shellWord } from "../../shell-word.ts";
import { type LongForm, longForm } from "../../sweeps/long-form.ts";
import { PARAMETERS, type SweepParameters } from "../../sweeps/parameters.ts";
import type { SweepResult } from "../../sweeps/result.ts";
import { shardText } from "../../sweeps/shard.ts";
import { sweepPrompts } from "../../sweeps/sweep-prompts.ts";
import { axesOf, cellAt, cellCount, type SweepSpec } from "../../sweeps/sweep-spec.ts";
import { LINE_STYLE } from "../drawing/line-looks.ts";
import { hasInterval, logits, whole } from "../format.ts";
import { html, listed, type Markup, sentences } from "../page/markup.ts";
import { chapter, renderPage, slugOf } from "../page/page.ts";
import { note } from "../page/section.ts";
import { tokens } from "../page/tokens.ts";
import { sideOf, stated } from "../prose.ts";
import { sweepCsv } from "./data-files.ts";
import { logitDifferenceFigure, probabilityFigure } from "./figures.ts";
import { type SweepPoint, type SweepView, sweepView } from "./view.ts";
import { namedValue, shortValue, valuesInWords } from "./words.ts";

/** Labels of a prompt; filler of more than two tokens is written once, with its number. */
function shownLabels(parameters: SweepParameters): string[] {
  const one = { ...parameters, vocabulary: null, distinct: false, batch: 1, seed: 0 };
  const { labels } = sweepPrompts({ ...one, d_vocab: 2, bos: 0 });
  const runs: { label: string; count: number }[] = [];
  for (const label of labels.slice(0, -1)) {
    const last = runs.at(-1);
    if (last?.label === label && /^(R|F|BOS)$/.test(label)) last.count++;
    else runs.push({ label, count: 1 });
  }
  return runs.flatMap(({ label, count }) =>
    count > 2 ? [`${label} × ${count}`] : new Array<string>(count).fill(label),
  );
}

function promptRow(parameters: SweepParameters): Markup {
  const { distractors } = parameters;
  const wrong = distractors > 1 ? `D${distractors}` : "D";
  return html`<p>${tokens(shownLabels(parameters), { wrong, asks: true })}</p>`;
}

/** `length 2 to 8, gap 0, 8, 16 and order first-second, second-first` */
function axesInWords(spec: SweepSpec): Markup {
  const names = axesOf(spec);
  if (names.length === 0) return html`one kind of prompt`;
  return listed(names.map((name) => html`${name} ${valuesInWords(textsOf(spec, name))}`));
}

function textsOf(spec: SweepSpec, name: (typeof PARAMETERS)[number]): string[] {
  const first = cellAt(spec, 0);
  return spec[name].map((value) => shortValue({ ...first, [name]: value }, name));
}

function pointsOf(view: SweepView): SweepPoint[] {
  return view.panels.flatMap(({ lines }) => lines.flatMap(({ points }) => points));
}

/** `length 3, gap 8`: a point by the parameters that vary. */
function placeOf(view: SweepView, { parameters }: SweepPoint): string {
  const { x, series, facets } = view.layout;
  return [x, ...(series === null ? [] : [series]), ...facets]
    .map((name) => namedValue(parameters, name))
    .join(", ");
}

/** What the intervals of all logit differences say together. */
function findings(view: SweepView): Markup {
  const points = pointsOf(view);
  const count = (side: ReturnType<typeof sideOf>) =>
    points.filter(({ logitDiff }) => sideOf(logitDiff) === side).length;
  const largest = points.reduce((a, b) => (b.logitDiff.mean > a.logitDiff.mean ? b : a));
  const smallest = points.reduce((a, b) => (b.logitDiff.mean < a.logitDiff.mean ? b : a));
  if (points.length === 1) {
    return html`The mean logit difference is ${stated(largest.logitDiff, logits)}.`;
  }
  return sentences(
    points.some(({ logitDiff }) => hasInterval(logitDiff)) &&
      `Of ${whole(points.length)} points the logit difference is clearly above zero at ${whole(count("above"))}, clearly below zero at ${whole(count("below"))}, and of uncertain sign at ${whole(count("unclear"))}.`,
    html`It is largest at ${placeOf(view, largest)}: ${stated(largest.logitDiff, logits)}; and smallest at ${placeOf(view, smallest)}: ${stated(smallest.logitDiff, logits)}.`,
  );
}

function abstract({ spec, cells, shard }: SweepResult, view: SweepView): Markup {
  return sentences(
    html`The post’s question, whether the model tells B from D, asked of ${axesInWords(spec)}: ${whole(cellCount(spec))} cell${cellCount(spec) > 1 && "s"}.`,
    shard !== undefined &&
      `This is shard ${shardText(shard)}, with ${whole(cells.length)} of them.`,
    view.layout.seeds > 1 && `The ${view.layout.seeds} seeds of each are pooled.`,
    findings(view),
  );
}

function promptSection({ spec }: SweepResult): Markup {
  const first = cellAt(spec, 0);
  const last = cellAt(spec, cellCount(spec) - 1);
  const fixed = PARAMETERS.filter((name) => spec[name].length === 1);
  const varied = axesOf(spec);
  const fact = (name: (typeof PARAMETERS)[number]) =>
    html`<div><dt>${name}</dt><dd>${valuesInWords(textsOf(spec, name))}</dd></div>`;
  return html`<section class="flow" aria-labelledby="question"><h2 id="question">The prompts</h2>
<p>Copies of A X… B, distractors C X… D that share the X’s, and one copy more, of which the B is asked for. B is right; wrong is D, of the last distractor. R is a random token, F a random token that is repeated.</p>
<p>The first cell of the grid:</p>${promptRow(first)}
${cellCount(spec) > 1 && html`<p>The last one:</p>${promptRow(last)}`}
${[first, last].some(({ distractors }) => distractors === 0) && note("Without distractors D stands nowhere in the prompt: it is one more random token, and the logit difference says how far B is above any other.")}
${varied.length > 0 && html`<p>What varies:</p><dl class="facts">${varied.map(fact)}</dl>`}
<p>The same in all cells: ${listed(fixed.map((name) => html`${name} ${textsOf(spec, name)[0]}`))}.</p></section>`;
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(
    /\[\s+((?:[^[\]{}]|\n)*?)\s+\]/g,
    (_, items: string) => `[${items.replace(/,\s+/g, ", ")}]`,
  );
}

function repeating({ model, device }: SweepResult): string {
  const others = [
    ...(model.processing === "none" ? [] : [`--processing ${model.processing}`]),
    ...(device === "wasm" ? [] : [`--device ${device}`]),
  ];
  return ["lookback sweep spec.json --model", shellWord(model.name), ...others].join(" ");
}

function appendix(result: SweepResult): Markup {
  const { model, device, bos, spec } = result;
  return html`<section class="flow" aria-labelledby="appendix"><h2 id="appendix">Appendix</h2>
<dl class="facts"><div><dt>Model</dt><dd>${model.name}</dd></div>
<div><dt>SHA-256 of the weights</dt><dd class="hash">${model.hash}</dd></div>
<div><dt>Processing</dt><dd>${model.processing}</dd></div>
<div><dt>Device</dt><dd>${device}</dd></div>
<div><dt>BOS</dt><dd>${bos}</dd></div></dl>
<p>The spec; saved as <code>spec.json</code>, <code>${repeating(result)}</code> repeats the sweep; a model of your own goes by the path of its folder.</p>
<pre tabindex="0" aria-label="Spec">${json(spec)}</pre>
<p class="downloads" hidden>Save all numbers, one quantity of one cell a line, as <button type="button" data-save="csv" data-name="sweep" aria-label="Save all numbers as CSV">CSV</button></p></section>`;
}

/**
 * A sweep as one self-contained HTML page. The same result gives the same bytes.
 *
 * @param version The version of Lookback.
 * @throws LookbackError `bad-spec` when the spec asks for a drawing that cannot be.
 */
export function renderSweep(
  result: SweepResult,
  { version, long = longForm(result) }: { version: string; long?: LongForm },
): Promise<string> {
  const view = sweepView(result);
  const { spec, model } = result;
  const axes = axesOf(spec);
  const title = `Repeated sequences${axes.length > 0 ? ` by ${listed(axes).text}` : ""}, on ${model.name}`;
  return renderPage({
    title,
    version,
    style: LINE_STYLE,
    skip: { to: "question", text: "Skip to the sweep" },
    kicker: `A sweep with Lookback ${version}`,
    heading: title,
    abstract: abstract(result, view),
    body: html`${promptSection(result)}
${chapter({ id: "logit-difference", title: "Logit difference", body: logitDifferenceFigure(view) })}
${chapter({ id: "probabilities", title: "Probabilities", body: probabilityFigure(view) })}
${appendix(result)}`,
    data: { slug: slugOf(model.name, "sweep"), csv: { sweep: sweepCsv(long) } },
  });
}
