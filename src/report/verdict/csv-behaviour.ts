/** @file The numbers of what heads and the model do, as tables. */

import type { HeadCard } from "../../hypothesis/head-card.ts";
import type { VerdictResult } from "../../hypothesis/verdict.ts";
import type { Estimate } from "../../measures/statistics.ts";
import { type Cell, type CsvTable, ESTIMATE, line, SHARE } from "../csv/table.ts";

/** A line, or none where there is no estimate. */
export function ifThere(
  prefix: readonly Cell[],
  quantity: string,
  unit: string,
  found: Estimate | null,
): Cell[][] {
  return found === null ? [] : [[...prefix, ...line(quantity, unit, found)]];
}

const SCORES: readonly (readonly [string, string, (head: HeadCard) => Estimate | null])[] = [
  ["attention on the token before", SHARE, (h) => h.previousToken],
  ["attention on lags 2 to 5", SHARE, (h) => h.lookBack],
  ["attention on lags 1 to 8", SHARE, (h) => h.broadLookBack],
  ["attention on BOS", SHARE, (h) => h.bos],
  ["attention on the same token", SHARE, (h) => h.duplicateToken],
  ["attention on what followed the same token", SHARE, (h) => h.induction],
  ["prefix matching", SHARE, (h) => h.prefixMatching],
  ["copying", "-1 to 1", (h) => h.copying],
  ["order sensitivity", "0 to 1", (h) => h.orderSensitivity],
];

export function scorecard({ parts }: VerdictResult): CsvTable {
  return {
    columns: ["head", "roles", ...ESTIMATE],
    rows: parts.scorecard.heads.flatMap((head) =>
      SCORES.flatMap(([name, unit, of]) =>
        ifThere([head.label, head.roles.join("; ")], name, unit, of(head)),
      ),
    ),
  };
}

export function lagProfiles({ parts }: VerdictResult): CsvTable {
  return {
    columns: ["head", "pattern", "lag", "share of attention"],
    rows: parts.scorecard.heads.flatMap(({ label, lags }) =>
      (["total", "positionOnly"] as const).flatMap((pattern) =>
        lags[pattern].byLag.map((share, lag): Cell[] => [
          label,
          pattern === "total" ? "total" : "position only",
          lag,
          share,
        ]),
      ),
    ),
  };
}

export function lookBackWindow({ parts: { lookBackWindow: window } }: VerdictResult): CsvTable {
  return {
    columns: ["head", "lags", ...ESTIMATE],
    rows: [
      ...window.byLag.map((e, lag): Cell[] => [window.head, lag, ...line("attention", SHARE, e)]),
      ...ifThere([window.head, "1 to 5"], "attention", SHARE, window.within),
      ...ifThere([window.head, "4 to 5"], "attention", SHARE, window.furthest),
    ],
  };
}

export function recency({ parts }: VerdictResult): CsvTable {
  const asked = ["first", "second", "corrected", "swapped", "preference"] as const;
  const inFront = [
    ["random", "preference, random tokens in front"],
    ["doubled", "preference, the middle in front"],
    ["fall", "fall of the preference by the middle in front"],
  ] as const;
  return {
    columns: ["length", ...ESTIMATE],
    rows: parts.recency.rows.flatMap((row) => [
      ...asked.map((of): Cell[] => [row.length, ...line(of, "nats", row[of])]),
      ...inFront.flatMap(([of, quantity]) =>
        ifThere([row.length], quantity, "nats", row.doubledMiddle?.[of] ?? null),
      ),
    ]),
  };
}

export function reach({ parts }: VerdictResult): CsvTable {
  return {
    columns: ["length", "reach (tokens)", ...ESTIMATE],
    rows: parts.reach.rows.flatMap(({ length, whole, cells }) => [
      [length, null, ...line("logit difference", "nats", whole)],
      ...cells.flatMap(({ reach: limit, logitDiff, kept }): Cell[][] => [
        [length, limit, ...line("logit difference", "nats", logitDiff)],
        [length, limit, ...line("kept", "share of the whole", kept)],
      ]),
    ]),
  };
}

export function order({ parts }: VerdictResult): CsvTable {
  return {
    columns: ["length", "order", "keeps the last token", ...ESTIMATE],
    rows: parts.order.rows.flatMap(({ length, arms, keptByBag }) => [
      ...arms.flatMap(({ label, keepsLast, logitDiff, control, effect, kept }): Cell[][] => {
        const at = [length, label, keepsLast ? "yes" : "no"];
        return [
          [...at, ...line("logit difference", "nats", logitDiff)],
          [...at, ...line("control", "nats", control)],
          [...at, ...line("own less this", "nats", effect)],
          [...at, ...line("kept", "share of the copy's own", kept)],
        ];
      }),
      ...ifThere(
        [length, "all others that keep the last", "yes"],
        "kept",
        "share of the copy's own",
        keptByBag,
      ),
    ]),
  };
}

export function inductionBug({ parts: { inductionBug: bug } }: VerdictResult): CsvTable {
  return {
    columns: ["prompts", ...ESTIMATE],
    rows: (["ordering", "control", "difference"] as const).map((of) => [
      of,
      ...line("logit(B) - logit(X2)", "nats", bug[of]),
    ]),
  };
}
