/**
 * @file A sweep as small multiples: which parameter is the horizontal axis, which has colours, which
 * have panels, and the means in each place. Seeds that no one asked to see are pooled.
 */

import { LookbackError } from "../../errors.ts";
import {
  isNumeric,
  type ParameterName,
  type SweepParameters,
  valueText,
} from "../../sweeps/parameters.ts";
import { poolEstimates } from "../../sweeps/pool.ts";
import {
  type CellMeans,
  type FinishedCell,
  QUANTITIES,
  type SweepResult,
} from "../../sweeps/result.ts";
import { axesOf, cellAt, type SweepSpec } from "../../sweeps/sweep-spec.ts";
import { namedValue, shortValue } from "./words.ts";

/** Series that can be told apart in one picture. */
export const MOST_SERIES = 6;

/** What stands where in the pictures. */
export interface SweepLayout {
  readonly x: ParameterName;
  readonly series: ParameterName | null;
  readonly facets: readonly ParameterName[];
  /** How many seeds each mean is over; 1 where seeds are apart. */
  readonly seeds: number;
}

/** The first of the names with the most values; numbers of values that are too many are passed over. */
function longest(
  names: readonly ParameterName[],
  spec: SweepSpec,
  most = Number.POSITIVE_INFINITY,
): ParameterName | undefined {
  const fitting = names.filter((name) => spec[name].length <= most);
  return fitting.reduce<ParameterName | undefined>(
    (best, name) => (best === undefined || spec[name].length > spec[best].length ? name : best),
    undefined,
  );
}

/**
 * Where each parameter stands: as `draw` has it, and else the numeric axis with the most values along
 * the horizontal, the longest other that colours can tell apart as series, the rest as panels.
 *
 * @throws LookbackError `bad-spec` when `draw.series` has more values than there are colours.
 */
export function layoutOf(spec: SweepSpec): SweepLayout {
  const { x: askedX, series: askedSeries, facets: askedFacets = [] } = spec.draw;
  const asked = [askedX, askedSeries, ...askedFacets];
  const showsSeeds = asked.includes("seed");
  const axes = axesOf(spec).filter((name) => name !== "seed" || showsSeeds);
  const free = axes.filter((name) => !asked.includes(name));
  const x = askedX ?? longest(free.filter(isNumeric), spec) ?? longest(free, spec) ?? "length";
  const left = free.filter((name) => name !== x);
  const series =
    askedSeries === undefined ? (longest(left, spec, MOST_SERIES) ?? null) : askedSeries;
  if (series !== null && spec[series].length > MOST_SERIES) {
    throw new LookbackError(
      "bad-spec",
      `spec field "draw.series": ${series} has ${spec[series].length} values; at most ${MOST_SERIES} can be told apart`,
      { field: "draw.series" },
    );
  }
  const facets = [
    ...askedFacets.filter((name) => spec[name].length > 1),
    ...left.filter((name) => name !== series),
  ];
  return {
    x,
    series: series !== null && spec[series].length > 1 ? series : null,
    facets,
    seeds: showsSeeds ? 1 : spec.seed.length,
  };
}

/** The means at one place of the horizontal axis. */
export interface SweepPoint extends CellMeans {
  /** The place among the values of the horizontal axis. */
  readonly at: number;
  readonly parameters: SweepParameters;
}

/** Points of one colour. */
export interface SweepLine {
  /** `gap 8`; empty where there is one line alone. */
  readonly name: string;
  /** The place among the values of the series. */
  readonly index: number;
  readonly points: readonly SweepPoint[];
}

/** One panel. */
export interface SweepPanel {
  /** `order first-second`, one entry for each parameter; empty where there is one panel alone. */
  readonly names: readonly string[];
  readonly lines: readonly SweepLine[];
}

/** A sweep, laid out. */
export interface SweepView {
  readonly layout: SweepLayout;
  /** The values along the horizontal axis: as text, and as numbers where they are. */
  readonly xTexts: readonly string[];
  readonly xNumbers: readonly number[] | null;
  /** `gap 0`, `gap 8`, …: the names of all lines that a panel can have. */
  readonly lineNames: readonly string[];
  readonly panels: readonly SweepPanel[];
}

function grouped<T>(items: readonly T[], key: (item: T) => string): T[][] {
  return [...Map.groupBy(items, key).values()];
}

function pooled(cells: readonly FinishedCell[]): CellMeans {
  const [pB, pD, logitDiff] = QUANTITIES.map((quantity) =>
    poolEstimates(cells.map((cell) => cell[quantity])),
  );
  return { pB, pD, logitDiff } as CellMeans; // map() forgets how many there are
}

/** The value of a parameter in each place of its axis. */
function places(spec: SweepSpec, name: ParameterName): SweepParameters[] {
  const first = cellAt(spec, 0);
  return spec[name].map((value) => ({ ...first, [name]: value }));
}

/** Lays out the cells of a sweep; of a part of one, those that it has. */
export function sweepView({ spec, cells }: SweepResult): SweepView {
  const layout = layoutOf(spec);
  const { x, series, facets } = layout;
  const keyOf = (names: readonly ParameterName[]) => (cell: FinishedCell) =>
    JSON.stringify(names.map((name) => valueText(cell.parameters, name)));
  const xPlaces = places(spec, x);
  const xKeys = xPlaces.map((parameters) => valueText(parameters, x));
  const seriesPlaces = series === null ? [] : places(spec, series);
  const seriesKeys = seriesPlaces.map((parameters) => valueText(parameters, series ?? x));

  const line = (ofLine: readonly FinishedCell[], parameters: SweepParameters): SweepLine => ({
    name: series === null ? "" : namedValue(parameters, series),
    index: series === null ? 0 : seriesKeys.indexOf(valueText(parameters, series)),
    points: grouped(ofLine, keyOf([x])).flatMap((atOne) => {
      const [first] = atOne;
      if (first === undefined) return [];
      const at = xKeys.indexOf(valueText(first.parameters, x));
      return [{ at, parameters: first.parameters, ...pooled(atOne) }];
    }),
  });
  const panels = grouped(cells, keyOf(facets)).map((ofPanel): SweepPanel => {
    const [first] = ofPanel;
    return {
      names: first === undefined ? [] : facets.map((name) => namedValue(first.parameters, name)),
      lines: grouped(ofPanel, keyOf(series === null ? [] : [series])).flatMap((ofLine) =>
        ofLine[0] === undefined ? [] : [line(ofLine, ofLine[0].parameters)],
      ),
    };
  });
  return {
    layout,
    xTexts: xPlaces.map((parameters) => shortValue(parameters, x)),
    xNumbers: isNumeric(x) ? xPlaces.map((parameters) => Number(valueText(parameters, x))) : null,
    lineNames: seriesPlaces.map((parameters) => namedValue(parameters, series ?? x)),
    panels,
  };
}
