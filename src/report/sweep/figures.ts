/** @file The figures of a sweep: small multiples of each quantity, and the values behind them. */

import type { ParameterName } from "../../sweeps/parameters.ts";
import { QUANTITIES, type Quantity } from "../../sweeps/result.ts";
import { COLOURS } from "../drawing/colour.ts";
import { seriesKey } from "../drawing/legend.ts";
import { lookOf } from "../drawing/line-looks.ts";
import { type Point, pointOf } from "../drawing/marks.ts";
import { hasInterval, interval } from "../format.ts";
import { downloads } from "../page/figure.ts";
import { type Child, html, type Markup, sentences } from "../page/markup.ts";
import { dataTable } from "../page/tables.ts";
import { type PanelLine, sharedDomain, sweepPanel, type XAxis, xAxis } from "./panel.ts";
import type { SweepLine, SweepPanel, SweepPoint, SweepView } from "./view.ts";
import { AXIS_LABELS, namedValue, QUANTITY_WORDS, shortValue } from "./words.ts";

/** Characters that fit into the title of a panel. */
const TITLE_ROOM = 52;
/** A table of more rows than this ends there and leaves the rest to the files of numbers. */
const MOST_ROWS = 600;

/** The frame that figures of the report have, with the downloads of a sweep. */
function frame(options: {
  readonly id: string;
  readonly label: string;
  readonly title: string;
  readonly caption: Child;
  readonly panels: readonly Markup[];
  readonly keys: readonly Markup[];
  readonly table: Child;
}): Markup {
  const { id, label, title, caption, panels, keys, table } = options;
  return html`<figure id="${id}">
<div class="pictures" tabindex="0" role="group" aria-label="${label}: pictures; arrow keys read values">
<div class="panels ${panels.length === 1 ? "single" : "chart"}">${panels}</div>
<div class="keys">${keys}</div>
</div>
<figcaption><strong>${label}. ${title}.</strong> ${caption}</figcaption>
<details><summary>Values of ${label} as a table</summary>${table}</details>
${downloads(label, [{ kind: "svg", format: "SVG" }])}
</figure>`;
}

/** A title of a panel, and what of it goes into the line below where it is too long for one. */
function heading(names: readonly string[], fallback: string): [title: string, below: string] {
  if (names.length === 0) return [fallback, ""];
  for (let count = names.length; count > 1; count--) {
    const title = names.slice(0, count).join(", ");
    if (title.length <= TITLE_ROOM) return [title, names.slice(count).join(", ")];
  }
  return [names[0] ?? "", names.slice(1).join(", ")];
}

function pointsOf(
  { points, name }: Pick<SweepLine, "points" | "name">,
  quantity: Quantity,
  { layout }: SweepView,
  axis: XAxis,
): Point[] {
  const { format, name: measured } = QUANTITY_WORDS[quantity];
  return points.map((point) => {
    const place = [namedValue(point.parameters, layout.x), name].filter((text) => text !== "");
    return pointOf(
      axis.places[point.at] ?? point.at,
      point[quantity],
      `${measured}, ${place.join(", ")}`,
      format,
    );
  });
}

/** What a panel shows, in words. */
function inWords(lines: readonly SweepLine[], quantity: Quantity, x: ParameterName): string {
  const { format } = QUANTITY_WORDS[quantity];
  return lines
    .map(({ name, points }) => {
      const values = points.map(
        (point) => `${shortValue(point.parameters, x)}: ${format(point[quantity].mean)}`,
      );
      return `${name === "" ? x : `${name}, ${x}`} ${values.join(", ")}`;
    })
    .join("; ");
}

/** The picture of one panel and quantity. */
function drawn(
  view: SweepView,
  panel: SweepPanel,
  quantity: Quantity,
  { axis, domain, titled }: { axis: XAxis; domain: [number, number]; titled: boolean },
): Markup {
  const { name, unit } = QUANTITY_WORDS[quantity];
  const names = titled ? [name, ...panel.names] : panel.names;
  const [title, below] = heading(names, name);
  const lines = panel.lines.map(
    (line): PanelLine => ({ ...lookOf(line.index), points: pointsOf(line, quantity, view, axis) }),
  );
  return sweepPanel({
    title,
    description: inWords(panel.lines, quantity, view.layout.x),
    yLabel: below === "" ? unit : `${below} · ${unit}`,
    x: axis,
    yDomain: domain,
    lines,
  });
}

/** P(B) and P(D) as two lines of one picture, where there are no series to tell apart. */
function bothAnswers(
  view: SweepView,
  panel: SweepPanel,
  { axis, domain }: { axis: XAxis; domain: [number, number] },
): Markup {
  const [title, below] = heading(panel.names, "P(B) and P(D)");
  const points = panel.lines.flatMap((line) => line.points);
  const line = (quantity: Quantity, colour: string, symbol: "circle" | "square"): PanelLine => ({
    colour,
    symbol,
    points: pointsOf({ name: "", points }, quantity, view, axis),
  });
  const words = (["pB", "pD"] as const).map(
    (quantity) =>
      `${QUANTITY_WORDS[quantity].name}, ${inWords(panel.lines, quantity, view.layout.x)}`,
  );
  return sweepPanel({
    title,
    description: words.join("; "),
    yLabel: below === "" ? "probability" : `${below} · probability`,
    x: axis,
    yDomain: domain,
    lines: [line("pB", COLOURS.right, "circle"), line("pD", COLOURS.wrong, "square")],
  });
}

function domainOf(view: SweepView, quantities: readonly Quantity[], axis: XAxis) {
  return sharedDomain(
    view.panels.flatMap(({ lines }) =>
      lines.flatMap((line) =>
        quantities.flatMap((quantity) => pointsOf(line, quantity, view, axis)),
      ),
    ),
  );
}

/** What every caption says: intervals, pooled seeds, and an axis that is not to scale. */
function caption(view: SweepView, axis: XAxis): Markup {
  const { seeds, x } = view.layout;
  const points = view.panels.flatMap(({ lines }) => lines.flatMap((line) => line.points));
  const counts = [...new Set(points.map(({ logitDiff }) => logitDiff.n))].sort((a, b) => a - b);
  const n = counts.length === 1 ? `n = ${counts[0]}` : `n = ${counts[0]} to ${counts.at(-1)}`;
  return sentences(
    points.some(({ logitDiff }) => hasInterval(logitDiff))
      ? `Means with 95% intervals, ${n} at each point.`
      : "One prompt at each point, so there are no intervals.",
    seeds > 1 &&
      `Each point pools the prompts of ${seeds} seeds, as if they were one batch; the files of numbers have every seed by itself.`,
    view.panels.length > 1 && "All panels have one vertical scale.",
    !axis.toScale && `Values of ${x} stand one after the other, not to scale.`,
  );
}

function valueTable(view: SweepView, quantities: readonly Quantity[], title: string): Markup {
  const { layout, panels } = view;
  const keys = [layout.x, ...(layout.series === null ? [] : [layout.series]), ...layout.facets];
  const points: SweepPoint[] = panels.flatMap(({ lines }) => lines.flatMap((line) => line.points));
  const rows = points.flatMap((point) =>
    quantities.map((quantity): Child[] => {
      const { format, name } = QUANTITY_WORDS[quantity];
      return [
        ...keys.map((key) => shortValue(point.parameters, key)),
        ...(quantities.length > 1 ? [name] : []),
        format(point[quantity].mean),
        interval(point[quantity], format) || "–",
        point[quantity].n,
      ];
    }),
  );
  const cut = rows.length > MOST_ROWS;
  const table = dataTable({
    caption: `${title}: means and 95% intervals`,
    columns: [...keys, ...(quantities.length > 1 ? ["quantity"] : []), "mean", "95% interval", "n"],
    rows: rows.slice(0, MOST_ROWS),
  });
  return html`${table}${
    cut &&
    html`<p>These are ${MOST_ROWS} of ${rows.length} rows; the files of numbers have all.</p>`
  }`;
}

function lineKeys({ lineNames }: SweepView): Markup[] {
  return lineNames.map((name, i) => {
    const { colour, symbol } = lookOf(i);
    return seriesKey(name, colour, { symbol });
  });
}

/** The horizontal axis of all panels. */
function axisOf({ layout, xTexts, xNumbers }: SweepView): XAxis {
  return xAxis(AXIS_LABELS[layout.x], xTexts, xNumbers);
}

/** The logit difference: what the sweep is about. */
export function logitDifferenceFigure(view: SweepView): Markup {
  const axis = axisOf(view);
  const domain = domainOf(view, ["logitDiff"], axis);
  const title = QUANTITY_WORDS.logitDiff.name;
  return frame({
    id: "figure-1",
    label: "Figure 1",
    title,
    caption: caption(view, axis),
    panels: view.panels.map((panel) =>
      drawn(view, panel, "logitDiff", { axis, domain, titled: false }),
    ),
    keys: lineKeys(view),
    table: valueTable(view, ["logitDiff"], title),
  });
}

/** Both probabilities, side by side or, where there are no series, in one picture. */
export function probabilityFigure(view: SweepView): Markup {
  const axis = axisOf(view);
  const quantities = QUANTITIES.filter((quantity) => quantity !== "logitDiff");
  const domain = domainOf(view, quantities, axis);
  const together = view.layout.series === null;
  const title = "P(B) and P(D)";
  return frame({
    id: "figure-2",
    label: "Figure 2",
    title,
    caption: caption(view, axis),
    panels: view.panels.flatMap((panel) =>
      together
        ? [bothAnswers(view, panel, { axis, domain })]
        : quantities.map((quantity) =>
            drawn(view, panel, quantity, { axis, domain, titled: true }),
          ),
    ),
    keys: together
      ? [seriesKey("B", COLOURS.right), seriesKey("D", COLOURS.wrong, { symbol: "square" })]
      : lineKeys(view),
    table: valueTable(view, quantities, title),
  });
}
