/** @file How far each model matches: its lengths side by side with those of the others. */

import type { AcrossModels, LengthAcross } from "../../hypothesis/across-models.ts";
import { NOTICEABLE } from "../../hypothesis/claim.ts";
import type { CsvTable } from "../csv/table.ts";
import { dashedKey } from "../drawing/legend.ts";
import { lineKeys, lookAmong } from "../drawing/line-looks.ts";
import { pointOf } from "../drawing/marks.ts";
import { seriesChart } from "../drawing/series-chart.ts";
import { logits, plain } from "../format.ts";
import type { DataFigure } from "../page/data-figure.ts";
import type { Markup } from "../page/markup.ts";

/** What is drawn of a length. */
type Drawn = Exclude<keyof LengthAcross, "length">;

function panel({ models }: AcrossModels, title: string, of: Drawn, threshold?: number): Markup {
  const ticks = [...new Set(models.flatMap(({ lengths }) => lengths.map(({ length }) => length)))];
  return seriesChart({
    title,
    description: models
      .map(({ name, lengths }) => {
        const told = lengths.map((one) => `length ${one.length}: ${logits(one[of].mean)}`);
        return `${name}: ${told.join(", ")}`;
      })
      .join("; "),
    x: { label: "length", ticks: ticks.sort((a, b) => a - b) },
    y: { label: "nats" },
    ...(threshold !== undefined && { threshold }),
    dodge: Math.min(7, 24 / models.length), // lines of a length stand apart from those of the next
    series: models.map(({ name, lengths }, i) => ({
      ...lookAmong(i, models.length),
      points: lengths.map((one) =>
        pointOf(one.length, one[of], `${name}, length ${one.length}`, logits),
      ),
    })),
  });
}

/** All lengths of all models. */
export function lengthsTable({ models }: AcrossModels): CsvTable {
  const columns = ["mean", "ci95 low", "ci95 high"];
  return {
    columns: [
      "model",
      "length",
      ...columns.map((name) => `asked both ways, ${name} (nats)`),
      ...columns.map((name) => `preference for late positions, ${name} (nats)`),
      "n (prompts)",
    ],
    rows: models.flatMap(({ name, lengths }) =>
      lengths.map(({ length, corrected, preference }) => [
        name,
        length,
        ...[corrected, preference].flatMap(({ mean, ci95 }) => [mean, ...ci95]),
        corrected.n,
      ]),
    ),
  };
}

/** The figure. */
export function lengthsFigure(result: AcrossModels): DataFigure {
  const { models } = result;
  return {
    name: "lengths",
    title: "How far each model matches",
    caption: `Left: logit of the right answer less that of the wrong one, asked about either sequence of the same prompts, so that preferences for late positions and for tokens cancel; the dashed line is what the post’s lengths were predicted to be above, ${plain(NOTICEABLE)} nats. Right: that preference, half of what B gains by trading places with D. Means over prompts with 95% intervals.`,
    panels: [
      panel(result, "Logit difference, asked both ways", "corrected", NOTICEABLE),
      panel(result, "Preference for late positions", "preference"),
    ],
    layout: "chart",
    keys: [
      ...lineKeys(
        models.map(({ name }) => name),
        "a model",
      ),
      dashedKey(`${plain(NOTICEABLE)} nats`),
    ],
    table: lengthsTable(result),
    json: models.map(({ name, lengths }) => ({ name, lengths })),
  };
}
