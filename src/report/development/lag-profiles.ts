/** @file Where heads look, over training: attention by lag, a column for each look. */

import type { RunDevelopment } from "../../development/development.ts";
import { heatmap } from "../drawing/heatmap.ts";
import { scaleKey } from "../drawing/legend.ts";
import { fixed, share } from "../format.ts";
import type { DataFigure } from "../page/data-figure.ts";
import type { Markup } from "../page/markup.ts";
import { thinned } from "./looks.ts";
import { placeText, ROLE_WORDS, tokensText } from "./words.ts";

const MOST_HEADS = 6;
const MOST_LOOKS = 24;
const LABELS = 6;
const SCALE = { kind: "sequential", max: 1 } as const;
const WIDTH = 336;

/** Heads that ever attend by position in a way that has a name, those that keep it first. */
function shownHeads({ heads, histories }: RunDevelopment): string[] {
  const kept = heads.filter(({ role }) => role !== "induction").map(({ label }) => label);
  const once = histories
    .filter(({ roles }) => roles.some((ofLook) => ofLook.some((role) => role !== "induction")))
    .map(({ label }) => label);
  return [...new Set([...kept, ...once])].slice(0, MOST_HEADS);
}

function panel(run: RunDevelopment, label: string): Markup {
  const looks = thinned(run.looks, MOST_LOOKS);
  const profiles = looks.map(
    ({ heads }) => heads.find((head) => head.label === label)?.byLag ?? [],
  );
  const lags = profiles[0]?.length ?? 0;
  const every = Math.ceil(looks.length / LABELS);
  const roles = run.heads
    .filter((head) => head.label === label)
    .map(({ role }) => ROLE_WORDS[role]);
  return heatmap({
    title: roles.length > 0 ? `${label}, ${roles.join(" and ")}` : label,
    description: `${label} ends with ${profiles
      .at(-1)
      ?.map((value, lag) => `${share(value)} on lag ${lag}`)
      .join(", ")}`,
    rows: Array.from({ length: lags }, (_, lag) => (lag === 0 ? "lag 0" : String(lag))),
    columns: looks.map(({ tokens }, i) =>
      (looks.length - 1 - i) % every === 0 ? tokensText(tokens) : "",
    ),
    values: Array.from({ length: lags }, (_, lag) => profiles.map((byLag) => byLag[lag] ?? null)),
    scale: SCALE,
    tip: (lag, look, value) =>
      `${label}, lag ${lag}, ${placeText(looks[look]?.tokens ?? 0, run)}: ${share(value)}`,
    cell: { width: WIDTH / looks.length, height: 17 },
    lean: true,
    fontSize: 11,
    leastWidth: 400,
  });
}

/** Lag profiles over training; null where no head ever attends by position. */
export function lagProfileFigure(run: RunDevelopment, name: string): DataFigure | null {
  const labels = shownHeads(run);
  if (labels.length === 0) return null;
  return {
    name,
    title: "Where heads look, over training",
    caption:
      "Mean attention of random tokens on themselves (lag 0), on the token before (lag 1), and so on; a column for each look, as many as fit. What is left of 1 lies further back, or on BOS.",
    panels: labels.map((label) => panel(run, label)),
    layout: "chart",
    keys: [scaleKey(SCALE, "share of attention", fixed(1))],
    table: {
      columns: ["tokens", "step", "head", "lag", "mean attention"],
      rows: run.looks.flatMap(({ tokens, step, heads }) =>
        heads.flatMap(({ label, byLag }) =>
          byLag.map((attention, lag) => [tokens, step, label, lag, attention]),
        ),
      ),
    },
    json: run.looks.map(({ tokens, step, heads }) => ({
      tokens,
      step,
      heads: heads.map(({ label, byLag, bos }) => ({ label, byLag, bos })),
    })),
  };
}
