/** @file The numbers of who tells whom, and of what is needed and enough, as tables. */

import { CIRCUIT_ROLES } from "../../hypothesis/context.ts";
import type { VerdictResult } from "../../hypothesis/verdict.ts";
import { type Cell, type CsvTable, ESTIMATE, line } from "../csv/table.ts";
import { MODES } from "./composition.ts";
import { ifThere } from "./csv-behaviour.ts";
import { READ_BY, SENDERS } from "./paths.ts";

const EFFECT = "share of the way from corrupted to clean";

export function edges({ parts: { edges: all } }: VerdictResult): CsvTable {
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

export function effects({ parts }: VerdictResult): CsvTable {
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

export function paths({ parts }: VerdictResult): CsvTable {
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

export function scores({ parts }: VerdictResult): CsvTable {
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

export function ablation({ parts }: VerdictResult): CsvTable {
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

export function faithfulness({ parts }: VerdictResult): CsvTable {
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

export function attributions({ parts }: VerdictResult): CsvTable {
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

export function composition({ parts: { composition: all } }: VerdictResult): CsvTable {
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
