/** @file All figures of a development, in the order of the page. */

import type { DevelopmentResult } from "../../development/across-runs.ts";
import type { RunDevelopment } from "../../development/development.ts";
import type { DataFigure } from "../page/data-figure.ts";
import { acrossFigure, togetherFigure } from "./across.ts";
import { headScoreFigure } from "./head-scores.ts";
import { lagProfileFigure } from "./lag-profiles.ts";
import { lengthFigure } from "./length-figure.ts";
import { lossByIndexFigure, lossFigure } from "./losses.ts";
import { timelineFigure } from "./timeline.ts";

/** The figures of one run. */
export interface RunFigures {
  readonly run: RunDevelopment;
  readonly figures: readonly DataFigure[];
}

/** The figures of a page. */
export interface DevelopmentFigures {
  /** None for a single run. */
  readonly across: readonly DataFigure[];
  readonly runs: readonly RunFigures[];
}

function figuresOfRun(run: RunDevelopment, suffix: string): DataFigure[] {
  const figures = [
    timelineFigure(run, `order${suffix}`),
    lossFigure(run, `losses${suffix}`),
    headScoreFigure(run, `head-scores${suffix}`),
    lagProfileFigure(run, `lag-profiles${suffix}`),
    lengthFigure(run, `lengths${suffix}`),
    lossByIndexFigure(run, `loss-by-place${suffix}`),
  ];
  return figures.filter((figure) => figure !== null);
}

/** Draws all figures. */
export function developmentFigures(result: DevelopmentResult): DevelopmentFigures {
  const { runs, across } = result;
  const together =
    across === null
      ? []
      : [acrossFigure(result, across, "across-runs"), togetherFigure(result, "all-runs")];
  return {
    across: together.filter((figure) => figure !== null),
    runs: runs.map((run, i) => ({
      run,
      figures: figuresOfRun(run, runs.length > 1 ? `-run-${i + 1}` : ""),
    })),
  };
}
