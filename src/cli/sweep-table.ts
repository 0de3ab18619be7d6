/** @file A sweep on the terminal: the logit difference by the parameters that vary, with intervals. */

import { logits, probability, withInterval } from "../report/format.ts";
import {
  type SweepPanel,
  type SweepPoint,
  type SweepView,
  sweepView,
} from "../report/sweep/view.ts";
import type { SweepResult } from "../sweeps/result.ts";
import { intervalsInWords, paragraphs, promptCount } from "./heading.ts";
import { textTable } from "./text-table.ts";

/** What stands where a part of a sweep has no cell. */
const ABSENT = "–";

type TableColumn = readonly [head: string, cells: readonly string[]];

/** Columns as tables that fit the width, each with the first column. */
function tableOf(columns: readonly TableColumn[], width: number): string {
  const count = columns[0]?.[1].length ?? 0;
  const rows = Array.from({ length: count }, (_, row) =>
    columns.map(([, cells]) => cells[row] ?? ""),
  );
  return textTable(
    columns.map(([head]) => head),
    rows,
    { left: [], width },
  );
}

function panelText(panel: SweepPanel, view: SweepView, width: number): string {
  const { layout, xTexts, lineNames } = view;
  const x: TableColumn = [layout.x, xTexts];
  const column = (
    head: string,
    points: readonly SweepPoint[],
    text: (point: SweepPoint) => string,
  ): TableColumn => [
    head,
    xTexts.map((_, at) => {
      const point = points.find((candidate) => candidate.at === at);
      return point === undefined ? ABSENT : text(point);
    }),
  ];
  const difference = ({ logitDiff }: SweepPoint) => withInterval(logitDiff, logits);
  const points = (index: number) => panel.lines.find((line) => line.index === index)?.points ?? [];
  const columns =
    layout.series === null
      ? [
          column("logit difference", points(0), difference),
          column("P(B)", points(0), ({ pB }) => probability(pB.mean)),
          column("P(D)", points(0), ({ pD }) => probability(pD.mean)),
        ]
      : lineNames.map((name, i) => column(name, points(i), difference));
  const title = panel.names.length === 0 ? "" : `${panel.names.join(", ")}\n`;
  return `${title}${tableOf([x, ...columns], width)}`;
}

/** What is measured, and of which prompts as far as these are the same everywhere. */
function heading({ model, spec }: SweepResult, { layout, panels }: SweepView): string {
  const points = panels.flatMap(({ lines }) => lines.flatMap((line) => line.points));
  const most = Math.max(...points.map(({ logitDiff }) => logitDiff.n));
  const [batch, ...otherBatches] = spec.batch;
  const [seed, ...otherSeeds] = spec.seed;
  const [length, ...otherLengths] = spec.length;
  const about = [
    `${most > 1 ? "mean " : ""}logit difference of B and D in nats`,
    ...(otherLengths.length === 0 ? [`length ${length}`] : []),
    ...(otherBatches.length === 0 ? [`${promptCount(batch ?? 0)} a cell`] : []),
    ...(otherSeeds.length === 0 ? [`seed ${seed}`] : []),
    ...(layout.seeds > 1 ? [`${layout.seeds} seeds pooled`] : []),
  ];
  return `${model.name}: ${about.join(", ")}; ${intervalsInWords(most)}`;
}

/** The tables of a sweep, one for each panel of its picture. */
export function sweepText(result: SweepResult, width: number): string {
  const view = sweepView(result);
  const tables = view.panels.map((panel) => panelText(panel, view, width));
  return `${paragraphs([heading(result, view)], width)}\n${tables.join("\n")}`;
}
