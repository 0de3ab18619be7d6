/**
 * @file The page of a development: one HTML file that needs nothing but itself, in the manner of the
 * report. While a run goes on, it loads itself again.
 */

import type { DevelopmentResult } from "../../development/across-runs.ts";
import type { RunDevelopment } from "../../development/development.ts";
import { FOLLOWED_ROLES, FOLLOWED_RULES } from "../../development/head-role.ts";
import { isAskedBothWays } from "../../development/length-answers.ts";
import { LEAST_FACTOR } from "../../development/phase-change.ts";
import { csvText } from "../csv/csv.ts";
import { LINE_STYLE } from "../drawing/line-looks.ts";
import { fixed, logits, whole } from "../format.ts";
import { type DataFigure, dataFigure } from "../page/data-figure.ts";
import { html, listed, type Markup, sentences } from "../page/markup.ts";
import { renderPage, slugOf } from "../page/page.ts";
import { dataTable } from "../page/tables.ts";
import { eventInWords, LEAST_RUNS, orderSentence } from "./across.ts";
import { type DevelopmentFigures, developmentFigures } from "./figures.ts";
import {
  copiesText,
  eventText,
  lastLook,
  looksText,
  modelText,
  placeText,
  ROLE_WORDS,
  whenText,
} from "./words.ts";

/** What the page is of, beside the result. */
export interface DevelopmentProvenance {
  /** The version of Lookback. */
  readonly version: string;
  /** The command that repeats it. */
  readonly command: string;
  /** Seconds after which the page loads itself again; only while a run goes on. */
  readonly refresh?: number | undefined;
}

/** Events that the abstract tells. */
const MOST_TOLD = 7;

function inOrder(run: RunDevelopment): Markup {
  const [first, ...others] = run.order.filter(({ kind }) => kind !== "phase change");
  if (first === undefined) {
    return html`No head comes to a role and keeps it, and no length is performed to the end.`;
  }
  const events = [first, ...others.slice(0, MOST_TOLD - 1)];
  return sentences(
    html`What came to stay, in this order: ${listed(
      events.map((event) => `${eventText(event)} (${whenText(event, run)})`),
    )}.`,
    others.length >= MOST_TOLD && `The timeline has ${others.length - MOST_TOLD + 1} more.`,
  );
}

function phaseText(run: RunDevelopment): string {
  const { secondCopy } = run.phaseChange;
  if (secondCopy === null) {
    return run.looks.length < 2
      ? "One look shows no change."
      : "Between no two looks does the loss on the second copy of random tokens, less that on the first, fall clearly: no phase change is seen.";
  }
  const { from, to, fall } = secondCopy;
  return `The loss on the second copy of random tokens, less that on the first, falls most steeply from ${placeText(from, run)} to ${placeText(to, run)}, by ${logits(-fall.mean)} nats.`;
}

function abstractOfRun(run: RunDevelopment, isGoingOn: boolean): Markup {
  const { heldOut, repeated } = lastLook(run);
  return sentences(
    html`A model of ${modelText(run)}${isGoingOn ? ", still in training" : ""}, seen in ${looksText(run)}.`,
    inOrder(run),
    phaseText(run),
    heldOut !== null &&
      `In the end the loss on held-out text is ${logits(heldOut.loss.mean)} nats,`,
    `${heldOut === null ? "In the end the loss" : "that"} on the second copy of random tokens ${logits(repeated.second.mean)}${heldOut === null ? " nats" : ""}.`,
  );
}

function abstractOfRuns({ runs, across }: DevelopmentResult): Markup {
  const inAll = across?.events.filter(({ count }) => count === runs.length) ?? [];
  return sentences(
    html`${runs.length} runs: ${listed(runs.map(({ name }) => name))}.`,
    inAll.length > 0
      ? html`What all of them have, by the geometric mean of its times${runs.length >= LEAST_RUNS && " with 95% intervals"}: ${listed(
          inAll.slice(0, MOST_TOLD).map(eventInWords),
        )}.`
      : "Nothing came to stay in all of them.",
  );
}

function facts(run: RunDevelopment): Markup {
  const { recipe, model } = run.about;
  const fact = (name: string, value: string | number | null) =>
    value !== null && html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  return html`<dl class="facts">${[
    fact("Model", modelText(run)),
    fact("Context and vocabulary", `${model.n_ctx} tokens; ${whole(model.d_vocab)}`),
    fact("Recipe", recipe && `${recipe.name}, seed ${recipe.seed}`),
    fact(
      "Length",
      recipe && `${whole(recipe.steps)} steps of ${whole(recipe.tokensPerStep)} tokens`,
    ),
    fact("Text", copiesText(run)),
    fact("Looks", run.looks.length),
  ]}</dl>`;
}

function endTable(run: RunDevelopment): Markup {
  const rows = run.heads.map(({ label, role, tokens, after, score }) => [
    label,
    ROLE_WORDS[role],
    whenText({ tokens, isEarlier: after === null }, run),
    fixed(2)(score),
  ]);
  return rows.length === 0
    ? html``
    : dataTable({
        caption: `Heads of ${run.name} that keep a role to the end`,
        columns: ["Head", "Role", "Since", "Score in the end"],
        rows,
      });
}

/** Which tokens the in-context score is of; contexts of different lengths have different ones. */
function inContextPlacesText(runs: readonly RunDevelopment[]): string {
  const places = runs.flatMap((run) => {
    const score = lastLook(run).heldOut?.inContext;
    if (!score) return [];
    const { early, late } = score;
    return [`tokens ${late.from} to ${late.to} and tokens ${early.from} to ${early.to}`];
  });
  const [only, ...others] = new Set(places);
  return only === undefined || others.length > 0
    ? "the last tenth of the context and around the 50th token, or a fifth into a shorter context"
    : only;
}

function method({ runs }: DevelopmentResult, command: string): Markup {
  const rule = (role: (typeof FOLLOWED_ROLES)[number]) =>
    html`<div><dt>${ROLE_WORDS[role]}</dt><dd>${FOLLOWED_RULES[role].rule}</dd></div>`;
  return html`<section class="flow" aria-labelledby="method"><h2 id="method">How it is measured</h2>
<p>Every look asks the same prompts of the model. Random tokens twice, behind BOS, give the loss on both copies, where each head looks on the first, and on the second how much of its attention goes to what followed the same token before (prefix matching). The roles are those of the scorecard:</p>
<dl class="facts">${FOLLOWED_ROLES.map(rule)}</dl>
<p>A head or length <em>appears</em> where it comes to stay: at the crossing of its threshold behind which no later look falls below it, interpolated between two looks in the logarithm of tokens. For a length, what has to cross zero is the lower end of the 95% interval of its logit difference, asked both ways${runs.every(({ looks }) => isAskedBothWays(looks)) ? "" : ", or in the post’s own order in a run whose looks did not ask so"}.</p>
<p>The <em>phase change</em> is the steepest fall of the loss on the second copy less that on the first, or of the in-context score, for each doubling of tokens, between looks at which tokens differ by a factor of at least ${LEAST_FACTOR}; only a fall clear of zero counts.</p>
<p>The in-context learning score is the loss late in the context less the loss at an early token (Olsson et al., 2022), here means over ${inContextPlacesText(runs)}.</p>
${runs.some(({ counts }) => counts !== "tokens") && html`<p>These checkpoints carry a number in their names. Whether it counts tokens or steps, the files do not say; it is taken as it is.</p>`}
<p>This page again:</p><pre class="command" tabindex="0" aria-label="Command">${command}</pre></section>`;
}

/** Figures with their numbers, counted from one through the page. */
function numbered(figures: readonly DataFigure[], before: number): Markup[] {
  return figures.map((figure, i) => dataFigure(figure, before + i + 1));
}

function body(result: DevelopmentResult, figures: DevelopmentFigures, command: string): Markup {
  let count = 0;
  const next = (some: readonly DataFigure[]) => {
    const drawn = numbered(some, count);
    count += some.length;
    return drawn;
  };
  const across =
    result.across &&
    html`<section class="flow" aria-labelledby="across"><h2 id="across">Across runs</h2>${next(figures.across)}
<h3 id="order-across">The order, pair by pair</h3>${orderSentence(result.across)}</section>`;
  const several = figures.runs.length > 1;
  const runs = figures.runs.map(
    ({ run, figures: own }, i) =>
      html`<section class="flow" aria-labelledby="run-${i + 1}"><h2 id="run-${i + 1}">${several ? run.name : "The development"}</h2>
${several && html`<p>${abstractOfRun(run, false)}</p>`}${facts(run)}${endTable(run)}${next(own)}</section>`,
  );
  return html`${across}${runs}${method(result, command)}`;
}

/** A development as one self-contained HTML page. The same result gives the same bytes. */
export function renderDevelopment(
  result: DevelopmentResult,
  { version, command, refresh }: DevelopmentProvenance,
): Promise<string> {
  const { runs } = result;
  const [only] = runs;
  const figures = developmentFigures(result);
  const all = [...figures.across, ...figures.runs.flatMap((run) => run.figures)];
  const title =
    runs.length === 1 ? `How ${only?.name} came to be` : `How ${runs.length} models came to be`;
  const isGoingOn = refresh !== undefined;
  return renderPage({
    title,
    version,
    style: LINE_STYLE,
    ...(refresh !== undefined && { refresh }),
    skip: { to: runs.length > 1 ? "across" : "run-1", text: "Skip to the development" },
    kicker: isGoingOn
      ? `Training, watched by Lookback ${version}; this page loads itself again every ${refresh} seconds`
      : `A development with Lookback ${version}`,
    heading: title,
    abstract:
      runs.length === 1 && only !== undefined
        ? abstractOfRun(only, isGoingOn)
        : abstractOfRuns(result),
    body: body(result, figures, command),
    data: {
      slug: slugOf(runs.length === 1 && only ? only.name : `${runs.length}-runs`, "development"),
      csv: Object.fromEntries(all.map(({ name, table }) => [name, csvText(table)])),
      figures: Object.fromEntries(all.map(({ name, json }) => [name, json])),
    },
  });
}
