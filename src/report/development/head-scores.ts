/** @file Scores of all heads against tokens: one picture a role, those that play it in its colour. */

import type { RunDevelopment } from "../../development/development.ts";
import {
  FOLLOWED_ROLES,
  FOLLOWED_RULES,
  type FollowedRole,
  roleScore,
} from "../../development/head-role.ts";
import type { HeadLook } from "../../development/repeated-tokens.ts";
import type { Cell, CsvTable } from "../csv/table.ts";
import { COLOURS } from "../drawing/colour.ts";
import { dashedKey, lineKey, seriesKey } from "../drawing/legend.ts";
import { pointOf } from "../drawing/marks.ts";
import { share } from "../format.ts";
import type { DataFigure } from "../page/data-figure.ts";
import { type Markup, sentences } from "../page/markup.ts";
import { type Curve, curveChart } from "./curve-chart.ts";
import { bandKey } from "./keys.ts";
import { drawnLooks } from "./looks.ts";
import { type TokenAxis, tokenAxis } from "./token-axis.ts";
import { lastLook, placeText, ROLE_LOOKS, ROLE_WORDS } from "./words.ts";

const TITLES: Readonly<Record<FollowedRole, readonly [title: string, measure: string]>> = {
  "previous-token": ["Previous token", "attention on the token before"],
  "look-back": ["Look-back", "attention on lags 2 to 5"],
  "broad-look-back": ["Broad look-back", "attention on lags 1 to 8"],
  induction: ["Induction", "prefix matching on random tokens twice"],
};

function scoreOf(head: HeadLook, role: FollowedRole) {
  switch (role) {
    case "previous-token":
      return head.previousToken;
    case "look-back":
      return head.lookBack;
    case "broad-look-back":
      return head.broadLookBack;
    case "induction":
      return head.induction;
  }
}

function panel(run: RunDevelopment, role: FollowedRole, axis: TokenAxis): Markup {
  const playing = new Set(run.heads.filter((head) => head.role === role).map(({ label }) => label));
  const looks = drawnLooks(run);
  const curves = lastLook(run).heads.map(({ label }, place): Curve => {
    const plays = playing.has(label);
    const points = looks.flatMap(({ tokens, heads }) => {
      const head = heads[place];
      if (head === undefined) return [];
      const name = `${label}, ${placeText(tokens, run)}`;
      return [pointOf(tokens, scoreOf(head, role), name, share)];
    });
    return plays
      ? { ...ROLE_LOOKS[role], points, name: label }
      : { colour: COLOURS.other, isQuiet: true, points };
  });
  const [title, yLabel] = TITLES[role];
  const told = run.heads
    .filter((head) => head.role === role)
    .map(
      ({ label, score, tokens }) =>
        `${label} from ${placeText(tokens, run)} on, ${share(score)} in the end`,
    );
  return curveChart({
    title,
    description: told.length > 0 ? told.join("; ") : "no head comes to this role and keeps it",
    yLabel,
    axis,
    curves,
    threshold: FOLLOWED_RULES[role].threshold,
    phaseChange: run.phaseChange.secondCopy,
    shows: [0, FOLLOWED_RULES[role].threshold],
  });
}

function table({ looks }: RunDevelopment): CsvTable {
  return {
    columns: ["tokens", "step", "head", "quantity", "mean", "se", "ci95 low", "ci95 high", "n"],
    rows: looks.flatMap(({ tokens, step, heads }) =>
      heads.flatMap((head) =>
        FOLLOWED_ROLES.map((role): Cell[] => {
          const { mean, se, ci95, n } = scoreOf(head, role);
          return [tokens, step, head.label, TITLES[role][1], mean, se, ci95[0], ci95[1], n];
        }),
      ),
    ),
  };
}

/** Scores of heads against tokens. */
export function headScoreFigure(run: RunDevelopment, name: string): DataFigure {
  const axis = tokenAxis([run]);
  const broken = run.heads.some(({ role }) => role === "look-back" || role === "broad-look-back");
  return {
    name,
    title: "What heads do",
    caption: sentences(
      "Each line is a head; those that come to the role and keep it have its colour and their name.",
      "The dashed line is where the role begins.",
      broken &&
        "A look-back head also has its peak at one of lags 2 to 5, and a broad one is neither of the others, so not all lines above the dashes are in colour.",
    ),
    panels: FOLLOWED_ROLES.map((role) => panel(run, role, axis)),
    layout: "chart",
    keys: [
      ...FOLLOWED_ROLES.map((role) => {
        const { colour, symbol } = ROLE_LOOKS[role];
        return seriesKey(ROLE_WORDS[role], colour, { symbol, interval: false });
      }),
      lineKey("other heads", COLOURS.other),
      dashedKey("threshold"),
      ...(run.phaseChange.secondCopy === null ? [] : [bandKey("steepest fall, second copy")]),
    ],
    table: table(run),
    json: run.looks.map(({ tokens, step, heads }) => ({
      tokens,
      step,
      heads: heads.map((head) => ({
        label: head.label,
        scores: Object.fromEntries(FOLLOWED_ROLES.map((role) => [role, roleScore(head, role)])),
      })),
    })),
  };
}
