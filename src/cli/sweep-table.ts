/** @file A sweep on the terminal: the logit difference by the parameters that vary, with intervals. */

import { hasInterval, logits, probability, withInterval } from "../report/format.ts";
import {
  type SweepPanel,
  type SweepPoint,
  type SweepView,
  sweepView,
} from "../report/sweep/view.ts";
import type { SweepResult } from "../sweeps/result.ts";
import { textTable } from "./text-table.ts";

/** What stands where a part of a sweep has no cell. */
const ABSENT = "–";

type TableColumn = readonly [head: string, cells: readonly string[]];

function rows(columns: readonly TableColumn[]): string[][] {
  const count = columns[0]?.[1].length ?? 0;
  return Array.from({ length: count }, (_, row) => columns.map(([, cells]) => cells[row] ?? ""));
}

function tableOf(columns: readonly TableColumn[]): string {
  return textTable(
    columns.map(([head]) => head),
    rows(columns),
    { left: [] },
  );
}

/** Columns in as many tables as they need to fit the width, each with the first column. */
function blocks([first, ...others]: readonly TableColumn[], width: number): string[] {
  if (first === undefined) return [];
  const texts: string[] = [];
  let block: TableColumn[] = [];
  for (const column of others) {
    const wider = tableOf([first, ...block, column]);
    const widest = Math.max(...wider.split("\n").map((line) => line.length));
    if (block.length > 0 && widest > width) {
      texts.push(tableOf([first, ...block]));
      block = [];
    }
    block.push(column);
  }
  return [...texts, tableOf([first, ...block])];
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
  return `${title}${blocks([x, ...columns], width).join("\n")}`;
}

/** The tables of a sweep, one for each panel of its picture. */
export function sweepText(result: SweepResult, width: number): string {
  const view = sweepView(result);
  const { seeds } = view.layout;
  const points = view.panels.flatMap(({ lines }) => lines.flatMap((line) => line.points));
  const about = [
    points.some(({ logitDiff }) => hasInterval(logitDiff))
      ? "mean logit difference of B and D, with 95% intervals"
      : "logit difference of B and D, one prompt each",
    seeds > 1 ? `${seeds} seeds pooled` : "",
  ];
  const heading = about.filter((text) => text !== "").join("; ");
  return `${result.model.name}: ${heading}\n\n${view.panels.map((panel) => panelText(panel, view, width)).join("\n")}`;
}
