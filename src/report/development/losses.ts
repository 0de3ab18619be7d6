/** @file Figures of the losses: on text, in training and held out; on random tokens twice; by place. */

import type { RunDevelopment } from "../../development/development.ts";
import type { PlacedLook } from "../../development/training-record.ts";
import type { Estimate } from "../../measures/statistics.ts";
import type { Cell, CsvTable } from "../csv/table.ts";
import { COLOURS } from "../drawing/colour.ts";
import { lineKey, seriesKey } from "../drawing/legend.ts";
import { lookOf } from "../drawing/line-looks.ts";
import { type Point, pointOf } from "../drawing/marks.ts";
import { logits } from "../format.ts";
import type { DataFigure } from "../page/data-figure.ts";
import { type Markup, sentences } from "../page/markup.ts";
import { type Curve, curveChart } from "./curve-chart.ts";
import { indexAxis } from "./index-axis.ts";
import { bandKey } from "./keys.ts";
import { drawnLooks, MOST_POINTS, thinned } from "./looks.ts";
import { type TokenAxis, tokenAxis } from "./token-axis.ts";
import { placeText } from "./words.ts";

/** Looks whose loss by place is drawn. */
const MOST_PROFILES = 5;

type Chosen = (look: PlacedLook) => Estimate | null | undefined;

/** One number of each look as points. */
export function pointsOfLooks(
  run: RunDevelopment,
  name: string,
  chosen: Chosen,
  format = logits,
): Point[] {
  return drawnLooks(run).flatMap((look) => {
    const estimate = chosen(look);
    if (!estimate) return [];
    return [pointOf(look.tokens, estimate, `${name}, ${placeText(look.tokens, run)}`, format)];
  });
}

const heldOutLoss: Chosen = ({ heldOut }) => heldOut?.loss;
const secondCopy: Chosen = ({ repeated }) => repeated.second;
const firstCopy: Chosen = ({ repeated }) => repeated.first;
const inContext: Chosen = ({ heldOut }) => heldOut?.inContext?.score;

/** `12.90 at the start, 6.91 at 80 M tokens` */
function fromTo(run: RunDevelopment, chosen: Chosen): string {
  const told = run.looks.flatMap((look) => {
    const estimate = chosen(look);
    return estimate ? [`${logits(estimate.mean)} at ${placeText(look.tokens, run)}`] : [];
  });
  return told.length < 2 ? told.join("") : `${told[0]}, ${told.at(-1)}`;
}

/** From where the axis has places on: of the first steps there is no look. */
function trainingCurve(run: RunDevelopment, { least }: TokenAxis): Curve {
  const placed = run.losses.filter(({ tokens }) => tokens >= least);
  const points = thinned(placed, 4 * MOST_POINTS).map(({ tokens, loss }) => ({
    x: tokens,
    y: loss,
    tip: `training loss, ${placeText(tokens, run)}: ${logits(loss)}`,
  }));
  return { colour: COLOURS.other, isQuiet: true, points };
}

function textPanel(run: RunDevelopment, axis: TokenAxis): Markup | null {
  const curves: Curve[] = [];
  if (run.losses.length > 0) curves.push(trainingCurve(run, axis));
  const points = pointsOfLooks(run, "held-out loss", heldOutLoss);
  if (points.length > 0) curves.push({ colour: COLOURS.right, points });
  if (curves.length === 0) return null;
  return curveChart({
    title: "Loss on text",
    description: `Held out: ${fromTo(run, heldOutLoss)}`,
    yLabel: "nats a token",
    axis,
    curves,
    phaseChange: run.phaseChange.secondCopy,
  });
}

function repeatedPanel(run: RunDevelopment, axis: TokenAxis): Markup {
  return curveChart({
    title: "Loss on random tokens twice",
    description: `First copy: ${fromTo(run, firstCopy)}; second copy: ${fromTo(run, secondCopy)}`,
    yLabel: "nats a token",
    axis,
    curves: [
      {
        colour: COLOURS.wrong,
        symbol: "square",
        points: pointsOfLooks(run, "first copy", firstCopy),
      },
      { colour: COLOURS.right, points: pointsOfLooks(run, "second copy", secondCopy) },
    ],
    phaseChange: run.phaseChange.secondCopy,
  });
}

function inContextPanel(run: RunDevelopment, axis: TokenAxis): Markup | null {
  const points = pointsOfLooks(run, "in-context score", inContext);
  if (points.length === 0) return null;
  return curveChart({
    title: "In-context learning score",
    description: fromTo(run, inContext),
    yLabel: "loss late in the context less loss early, nats",
    axis,
    curves: [{ colour: COLOURS.right, points }],
    phaseChange: run.phaseChange.inContext,
    shows: [0],
  });
}

function lossTable({ looks, losses }: RunDevelopment): CsvTable {
  const row = (look: PlacedLook, quantity: string, estimate: Estimate): Cell[] => [
    look.tokens,
    look.step,
    quantity,
    estimate.mean,
    estimate.se,
    estimate.ci95[0],
    estimate.ci95[1],
    estimate.n,
  ];
  return {
    columns: ["tokens", "step", "quantity (nats)", "mean", "se", "ci95 low", "ci95 high", "n"],
    rows: [
      ...looks.flatMap((look) => {
        const { heldOut, repeated } = look;
        const rows: Cell[][] = [];
        if (heldOut) rows.push(row(look, "held-out loss", heldOut.loss));
        rows.push(row(look, "loss on the first copy", repeated.first));
        rows.push(row(look, "loss on the second copy", repeated.second));
        if (heldOut?.inContext) {
          rows.push(row(look, "in-context score", heldOut.inContext.score));
        }
        return rows;
      }),
      ...losses.map(({ tokens, step, loss }): Cell[] => [
        tokens,
        step,
        "training loss",
        loss,
        null,
        null,
        null,
        null,
      ]),
    ],
  };
}

/** Losses and the in-context score against tokens. */
export function lossFigure(run: RunDevelopment, name: string): DataFigure {
  const axis = tokenAxis([run]);
  const panels = [textPanel(run, axis), repeatedPanel(run, axis), inContextPanel(run, axis)];
  const { secondCopy, inContext } = run.phaseChange;
  const n = run.looks[0]?.repeated.first.n ?? 0;
  return {
    name,
    title: "Losses",
    caption: sentences(
      run.looks.some(({ heldOut }) => heldOut !== null) &&
        "On text that was held out, and in training (without interval).",
      `On random tokens twice, ${run.looks[0]?.repeated.copy} tokens each, n = ${n}: what a model has learned of repeating shows in the second copy alone.`,
      "Shaded bands around lines are 95% intervals.",
      (secondCopy ?? inContext) !== null &&
        "The upright band is the steepest fall on the logarithmic axis: of the second copy’s loss less the first’s, and in the last panel of the score.",
    ),
    panels: panels.filter((panel) => panel !== null),
    layout: "chart",
    keys: [
      seriesKey("held out, or second copy", COLOURS.right, { interval: false }),
      seriesKey("first copy", COLOURS.wrong, { symbol: "square", interval: false }),
      ...(run.losses.length > 0 ? [lineKey("in training", COLOURS.other)] : []),
      ...((secondCopy ?? inContext) === null ? [] : [bandKey("steepest fall")]),
    ],
    table: lossTable(run),
    json: {
      looks: run.looks.map(({ tokens, step, heldOut, repeated }) => ({
        tokens,
        step,
        heldOut,
        repeated,
      })),
      losses: run.losses,
      phaseChange: run.phaseChange,
    },
  };
}

/** Loss by the place of a token in its context, at a few looks; null where there was no text. */
export function lossByIndexFigure(run: RunDevelopment, name: string): DataFigure | null {
  const withText = run.looks.flatMap(({ tokens, step, heldOut }) =>
    heldOut === null ? [] : [{ tokens, step, heldOut }],
  );
  if (withText.length === 0) return null;
  const shown = thinned(withText, MOST_PROFILES);
  const last = withText.at(-1)?.heldOut.byIndex.at(-1)?.to ?? 1;
  const curves = shown.map(({ tokens, heldOut }, i): Curve => {
    const points = heldOut.byIndex.map(({ from, to, loss }) => {
      const places = from === to ? `token ${from}` : `tokens ${from} to ${to}`;
      const name = `loss on ${places}, ${placeText(tokens, run)}`;
      return pointOf(Math.sqrt(from * to), loss, name, logits);
    });
    return { ...lookOf(i), points };
  });
  const panel = curveChart({
    title: "Loss by place in the context",
    description: shown
      .map(({ tokens, heldOut }) => {
        const [first, end] = [heldOut.byIndex[0], heldOut.byIndex.at(-1)];
        return `${placeText(tokens, run)}: ${logits(first?.loss.mean ?? 0)} at the first, ${logits(end?.loss.mean ?? 0)} at the last`;
      })
      .join("; "),
    yLabel: "nats a token",
    axis: indexAxis(last),
    curves,
  });
  return {
    name,
    title: "Loss by place in the context",
    caption:
      "On held-out text. A model that makes use of what it has read goes on getting better along the context; one that knows which token follows which is as good at the tenth token as at the last.",
    panels: [panel],
    layout: "single",
    keys: shown.map(({ tokens }, i) => {
      const { colour, symbol } = lookOf(i);
      return seriesKey(placeText(tokens, run), colour, { symbol, interval: false });
    }),
    table: {
      columns: [
        "tokens",
        "step",
        "from token",
        "to token",
        "mean",
        "se",
        "ci95 low",
        "ci95 high",
        "n",
      ],
      rows: withText.flatMap(({ tokens, step, heldOut }) =>
        heldOut.byIndex.map(({ from, to, loss }) => [
          tokens,
          step,
          from,
          to,
          loss.mean,
          loss.se,
          loss.ci95[0],
          loss.ci95[1],
          loss.n,
        ]),
      ),
    },
    json: withText.map(({ tokens, step, heldOut }) => ({ tokens, step, byIndex: heldOut.byIndex })),
  };
}
