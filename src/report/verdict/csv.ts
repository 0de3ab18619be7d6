/**
 * @file The numbers of a verdict as CSV (RFC 4180) in long form: one measurement a line, with its unit, its
 * interval and the number of prompts behind it; six significant digits.
 */

import { CIRCUIT_ROLES } from "../../hypothesis/context.ts";
import type { HeadCard } from "../../hypothesis/head-card.ts";
import type { VerdictResult } from "../../hypothesis/verdict.ts";
import type { Estimate } from "../../measures/statistics.ts";
import { csvText } from "../csv/csv.ts";
import { type Cell, type CsvTable, ESTIMATE, line, SHARE } from "../csv/table.ts";
import { outcome } from "./claims.ts";
import { MODES } from "./composition.ts";
import type { VerdictCsvName } from "./csv-name.ts";
import { READ_BY, SENDERS } from "./paths.ts";

const EFFECT = "share of the way from corrupted to clean";

/** A line, or none where there is no estimate. */
function ifThere(
  prefix: readonly Cell[],
  quantity: string,
  unit: string,
  found: Estimate | null,
): Cell[][] {
  return found === null ? [] : [[...prefix, ...line(quantity, unit, found)]];
}

function claims({ claims: all, comparisons, confidence }: VerdictResult): CsvTable {
  return {
    columns: [
      "claim",
      "statement",
      "verdict",
      "reason",
      "quantity",
      "unit",
      "mean",
      "se",
      "interval low",
      "interval high",
      "confidence",
      "comparisons",
      "n (prompts)",
      "predicted",
      "threshold",
      "came out",
    ],
    rows: all.flatMap(({ id, statement, verdict, reason, measurement }) => {
      const of = [id, statement, verdict, reason];
      if (measurement.length === 0) return [[...of, ...new Array<null>(12).fill(null)]];
      return measurement.map((one): Cell[] => {
        const { quantity, unit, estimate, interval, predicted } = one;
        return [
          ...of,
          quantity,
          unit,
          estimate.mean,
          estimate.se,
          ...interval,
          confidence,
          comparisons,
          estimate.n,
          predicted.is,
          predicted.value,
          outcome(one),
        ];
      });
    }),
  };
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

function scorecard({ parts }: VerdictResult): CsvTable {
  return {
    columns: ["head", "roles", ...ESTIMATE],
    rows: parts.scorecard.heads.flatMap((head) =>
      SCORES.flatMap(([name, unit, of]) =>
        ifThere([head.label, head.roles.join("; ")], name, unit, of(head)),
      ),
    ),
  };
}

function lagProfiles({ parts }: VerdictResult): CsvTable {
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

function lookBackWindow({ parts: { lookBackWindow: window } }: VerdictResult): CsvTable {
  return {
    columns: ["head", "lags", ...ESTIMATE],
    rows: [
      ...window.byLag.map((e, lag): Cell[] => [window.head, lag, ...line("attention", SHARE, e)]),
      ...ifThere([window.head, "1 to 5"], "attention", SHARE, window.within),
    ],
  };
}

function recency({ parts }: VerdictResult): CsvTable {
  const asked = ["first", "second", "corrected", "swapped", "preference"] as const;
  return {
    columns: ["length", ...ESTIMATE],
    rows: parts.recency.rows.flatMap((row) =>
      asked.map((of): Cell[] => [row.length, ...line(of, "nats", row[of])]),
    ),
  };
}

function reach({ parts }: VerdictResult): CsvTable {
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

function edges({ parts: { edges: all } }: VerdictResult): CsvTable {
  return {
    columns: ["corrupted side", "length", "from", "to", ...ESTIMATE],
    rows: all.matrices.flatMap(({ side, clean, corrupted, effects }) => [
      [side, all.spec.length, null, null, ...line("clean logit difference", "nats", clean)],
      [side, all.spec.length, null, null, ...line("corrupted logit difference", "nats", corrupted)],
      ...effects.flatMap((row, r) =>
        row.flatMap((found, c) =>
          ifThere(
            [side, all.spec.length, all.from[r] ?? "", all.to[c] ?? ""],
            "effect",
            EFFECT,
            found,
          ),
        ),
      ),
    ]),
  };
}

function effects({ parts }: VerdictResult): CsvTable {
  return {
    columns: ["corrupted side", "length", "patched", ...ESTIMATE],
    rows: parts.effects.rows.flatMap((row) => {
      const at = (patched: string | null): Cell[] => [row.side, row.length, patched];
      return [
        [...at(null), ...line("clean logit difference", "nats", row.clean)],
        [...at(null), ...line("corrupted logit difference", "nats", row.corrupted)],
        [...at(null), ...line("clean less corrupted", "nats", row.gap)],
        ...row.heads.map(({ label, effect }) => [...at(label), ...line("effect", EFFECT, effect)]),
        ...CIRCUIT_ROLES.flatMap((role) => ifThere(at(role), "effect", EFFECT, row.roles[role])),
        ...ifThere(
          at("lookBack less previousToken"),
          "effect",
          EFFECT,
          row.lookBackOverPreviousToken,
        ),
      ];
    }),
  };
}

function paths({ parts }: VerdictResult): CsvTable {
  return {
    columns: ["corrupted side", "length", "path", ...ESTIMATE],
    rows: parts.effects.rows.flatMap(({ side, length, rolePaths, paths: all }) => [
      ...SENDERS.flatMap((role) =>
        READ_BY.flatMap((by) =>
          ifThere([side, length, `${role} -> ${by}`], "effect", EFFECT, rolePaths[role][by]),
        ),
      ),
      ...all.map(({ label, effect }): Cell[] => [
        side,
        length,
        label,
        ...line("effect", EFFECT, effect),
      ]),
    ]),
  };
}

function scores({ parts }: VerdictResult): CsvTable {
  return {
    columns: ["head", "length", "in the query", "in the key", ...ESTIMATE],
    rows: parts.scores.rows.flatMap(({ head, length, sources, parts: all, total }) => [
      [head, length, "all", "all", ...line("score on B less on D", "nats", total)],
      ...all.flatMap((row, q) =>
        row.map((part, k): Cell[] => [
          head,
          length,
          sources[q] ?? "",
          sources[k] ?? "",
          ...line("score on B less on D", "nats", part),
        ]),
      ),
    ]),
  };
}

function ablation({ parts }: VerdictResult): CsvTable {
  return {
    columns: ["length", "without", ...ESTIMATE],
    rows: parts.ablation.rows.flatMap(({ length, whole, heads, roles, pairs, paths: all }) => [
      [length, null, ...line("logit difference", "nats", whole)],
      ...[
        ...heads,
        ...CIRCUIT_ROLES.flatMap((role) => roles[role] ?? []),
        ...pairs,
        ...all,
      ].flatMap(({ label, logitDiff, lost }): Cell[][] => [
        [length, label, ...line("logit difference", "nats", logitDiff)],
        [length, label, ...line("lost", "share of the whole", lost)],
      ]),
    ]),
  };
}

function faithfulness({ parts }: VerdictResult): CsvTable {
  return {
    columns: ["length", "heads kept", "up to", ...ESTIMATE],
    rows: parts.ablation.rows.flatMap(({ length, kept }) =>
      kept.flatMap(({ added, heads, logitDiff, recovered }): Cell[][] => [
        [length, heads, added, ...line("logit difference", "nats", logitDiff)],
        [length, heads, added, ...line("recovered", "share of what heads add", recovered)],
      ]),
    ),
  };
}

function order({ parts }: VerdictResult): CsvTable {
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

function inductionBug({ parts: { inductionBug: bug } }: VerdictResult): CsvTable {
  return {
    columns: ["prompts", ...ESTIMATE],
    rows: (["ordering", "control", "difference"] as const).map((of) => [
      of,
      ...line("logit(B) - logit(X2)", "nats", bug[of]),
    ]),
  };
}

function attributions({ parts }: VerdictResult): CsvTable {
  return {
    columns: ["length", "head", ...ESTIMATE],
    rows: parts.attribution.rows.flatMap(({ length, heads }) =>
      heads.flatMap(({ label, exact, attribution, integrated }): Cell[][] => [
        [length, label, ...line("exact", EFFECT, exact)],
        [length, label, ...line("attribution patching", EFFECT, attribution)],
        [length, label, ...line("integrated gradients", EFFECT, integrated)],
      ]),
    ),
  };
}

function composition({ parts: { composition: all } }: VerdictResult): CsvTable {
  return {
    columns: [
      "by",
      "from",
      "to",
      "score",
      "multiple of the baseline",
      "standard deviations above it",
    ],
    rows: MODES.flatMap((mode) =>
      all.pairs[mode].map(({ writer, reader, score, ratio, deviations }): Cell[] => [
        mode,
        writer,
        reader,
        score,
        ratio,
        deviations,
      ]),
    ),
  };
}

/** Every table of a verdict as CSV, by name, in the order of the page. */
export function verdictCsvFiles(result: VerdictResult): Map<VerdictCsvName, string> {
  const tables: Readonly<Record<VerdictCsvName, CsvTable>> = {
    claims: claims(result),
    scorecard: scorecard(result),
    "lag-profiles": lagProfiles(result),
    "look-back-window": lookBackWindow(result),
    "recency-by-length": recency(result),
    reach: reach(result),
    edges: edges(result),
    "effects-by-length": effects(result),
    "paths-by-length": paths(result),
    "score-contrasts": scores(result),
    "ablation-by-length": ablation(result),
    faithfulness: faithfulness(result),
    order: order(result),
    "induction-bug": inductionBug(result),
    attributions: attributions(result),
    composition: composition(result),
  };
  return new Map(
    (Object.entries(tables) as [VerdictCsvName, CsvTable][]).map(([name, table]) => [
      name,
      csvText(table),
    ]),
  );
}
