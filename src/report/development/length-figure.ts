/** @file The post's table over training: the logit difference and P(B), a line for each length. */

import type { RunDevelopment } from "../../development/development.ts";
import { isAskedBothWays } from "../../development/length-answers.ts";
import type { Cell } from "../csv/table.ts";
import { seriesKey } from "../drawing/legend.ts";
import { lookOf } from "../drawing/line-looks.ts";
import { logits, probability } from "../format.ts";
import type { DataFigure } from "../page/data-figure.ts";
import { sentences } from "../page/markup.ts";
import { type Curve, curveChart } from "./curve-chart.ts";
import { bandKey } from "./keys.ts";
import { pointsOfLooks } from "./losses.ts";
import { tokenAxis } from "./token-axis.ts";
import { lastLook, placeText } from "./words.ts";

const QUANTITIES = ["logitDiff", "bothWays", "pB", "pD"] as const;

/** Lengths over training; null where none fits into the model's context. */
export function lengthFigure(run: RunDevelopment, name: string): DataFigure | null {
  const axis = tokenAxis([run]);
  const lengths = lastLook(run).lengths.map(({ length }) => length);
  if (lengths.length === 0) return null;
  const curves = (quantity: "logitDiff" | "bothWays" | "pB"): Curve[] =>
    lengths.map((length, i) => ({
      ...lookOf(i),
      points: pointsOfLooks(
        run,
        `length ${length}`,
        (look) => look.lengths.find((row) => row.length === length)?.[quantity],
        quantity === "pB" ? probability : logits,
      ),
    }));
  const told = run.lengths.map(({ length, appeared }) =>
    appeared === null
      ? `length ${length} is not clear of zero in the end`
      : `length ${length} from ${placeText(appeared.tokens, run)} on`,
  );
  const n = lastLook(run).lengths[0]?.logitDiff.n ?? 0;
  const change = run.phaseChange.secondCopy;
  const hasBothWays = isAskedBothWays(run.looks);
  return {
    name,
    title: "Lengths of the post’s table",
    caption: sentences(
      `The logit difference of B, which is right, and D; ${n} prompts of each length, the same in every look, with 95% intervals.`,
      hasBothWays
        ? "Asked both ways, it is the mean of that and of the same where D is right, so that preferences for late positions and for tokens cancel."
        : "",
      `A length counts as performed from the look on whose interval${hasBothWays ? " there" : ""}, and those of all later looks, lie above zero.`,
    ),
    panels: [
      ...(hasBothWays
        ? [
            curveChart({
              title: "Logit difference, asked both ways",
              description: told.join("; "),
              yLabel: "nats",
              axis,
              curves: curves("bothWays"),
              phaseChange: change,
              shows: [0],
            }),
          ]
        : []),
      curveChart({
        title: "Logit difference B − D",
        description: hasBothWays ? "In the post’s own order" : told.join("; "),
        yLabel: "nats",
        axis,
        curves: curves("logitDiff"),
        phaseChange: change,
        shows: [0],
      }),
      curveChart({
        title: "P(B)",
        description: lastLook(run)
          .lengths.map(({ length, pB }) => `length ${length}: ${probability(pB.mean)} in the end`)
          .join("; "),
        yLabel: "probability",
        axis,
        curves: curves("pB"),
        phaseChange: change,
        shows: [0],
      }),
    ],
    layout: "chart",
    keys: [
      ...lengths.map((length, i) => {
        const { colour, symbol } = lookOf(i);
        return seriesKey(`length ${length}`, colour, { symbol, interval: false });
      }),
      ...(change === null ? [] : [bandKey("steepest fall, second copy")]),
    ],
    table: {
      columns: ["tokens", "step", "length", "quantity", "mean", "se", "ci95 low", "ci95 high", "n"],
      rows: run.looks.flatMap(({ tokens, step, lengths: rows }) =>
        rows.flatMap((row) =>
          QUANTITIES.flatMap((quantity): Cell[][] => {
            const estimate = row[quantity];
            if (estimate === null) return [];
            const { mean, se, ci95, n: of } = estimate;
            return [[tokens, step, row.length, quantity, mean, se, ci95[0], ci95[1], of]];
          }),
        ),
      ),
    },
    json: run.looks.map(({ tokens, step, lengths: rows }) => ({ tokens, step, lengths: rows })),
  };
}
