/** @file The numbers of the post's own figures as tables. */

import type { HeadPattern } from "../../experiments/figure-1-2.ts";
import type { Layer0Result } from "../../experiments/figure-3-4.ts";
import type { ReproduceResult } from "../../experiments/reproduce.ts";
import { matrix } from "../nested.ts";
import {
  attentionLines,
  type Cell,
  type CsvTable,
  ESTIMATE,
  line,
  type NamedTable,
} from "./table.ts";

function patterns(heads: readonly HeadPattern[], labels: readonly string[], n: number): CsvTable {
  const rows = heads.flatMap(({ head, mean, se }) => {
    const errors = matrix(se);
    return matrix(mean).flatMap((row, query) =>
      row
        .slice(0, query + 1)
        .map((value, key): Cell[] => [
          head,
          query,
          labels[query] ?? "",
          key,
          labels[key] ?? "",
          value,
          errors[query]?.[key] ?? null,
          n,
        ]),
    );
  });
  const columns = [
    "head",
    "query (position)",
    "query token",
    "key (position)",
    "key token",
    "attention (share)",
    "se (share)",
    "n (prompts)",
  ];
  return { columns, rows };
}

function lags(results: readonly (Layer0Result | undefined)[]): CsvTable {
  const rows = results.flatMap((result) =>
    (result?.heads ?? []).flatMap(({ head, lags: { byLag, bos, beyond } }): Cell[][] => [
      ...byLag.map((value, lag): Cell[] => [result?.mode ?? "", head, lag, value]),
      [result?.mode ?? "", head, "BOS", bos],
      [result?.mode ?? "", head, "beyond", beyond],
    ]),
  );
  return { columns: ["mode", "head", "lag (tokens)", "attention (share)"], rows };
}

/** The tables of the post's own figures. */
export function postTables({ experiments }: ReproduceResult): NamedTable[] {
  const { figures1And2, figure3, figure4, table, figure5, ordering, reversedOrder } = experiments;
  const one = figures1And2?.figure1;
  const two = figures1And2?.figure2;
  const layer0 = (result: Layer0Result | undefined) =>
    result ? patterns(result.heads, result.labels, result.n) : null;
  const answers = [
    ["A...B first", reversedOrder?.firstSecond],
    ["C...D first", reversedOrder?.secondFirst],
  ] as const;
  return [
    ["figure-1", one ? patterns(one.heads, one.labels, one.n) : null],
    [
      "figure-2",
      two
        ? {
            columns: ["head", "key (position)", "key token", ...ESTIMATE],
            rows: attentionLines([two.head], two.labels, two.attention),
          }
        : null,
    ],
    ["figure-3", layer0(figure3)],
    ["figure-4", layer0(figure4)],
    ["lags", figure3 || figure4 ? lags([figure3, figure4]) : null],
    [
      "table",
      table
        ? {
            columns: ["length (tokens)", ...ESTIMATE],
            rows: table.rows.flatMap(({ length, pB, pD, logitDiff, bothWays }) => [
              [length, ...line("P(B)", "probability", pB)],
              [length, ...line("P(D)", "probability", pD)],
              [length, ...line("logit(B) - logit(D)", "nats", logitDiff)],
              [length, ...line("logit difference asked both ways", "nats", bothWays)],
            ]),
          }
        : null,
    ],
    [
      "figure-5",
      figure5
        ? {
            columns: ["length (tokens)", "head", ...ESTIMATE],
            rows: figure5.rows.flatMap(({ length, clean, corrupted, normalised }) => [
              [length, null, ...line("clean logit(B) - logit(D)", "nats", clean)],
              [length, null, ...line("corrupted logit(B) - logit(D)", "nats", corrupted)],
              ...normalised.flatMap((layer, l) =>
                layer.map((estimate, h): Cell[] => [
                  length,
                  figure5.heads[l]?.[h] ?? "",
                  ...line("effect of patching", "share of clean - corrupted", estimate),
                ]),
              ),
            ]),
          }
        : null,
    ],
    [
      "figure-6",
      ordering
        ? {
            columns: ["prompts", "key (position)", "key token", ...ESTIMATE],
            rows: (["ordering", "control"] as const).flatMap((name) => {
              const { labels, pB, pX2, logitDiff, attention } = ordering[name];
              return [
                [name, null, null, ...line("P(B)", "probability", pB)],
                [name, null, null, ...line("P(X2)", "probability", pX2)],
                [name, null, null, ...line("logit(B) - logit(X2)", "nats", logitDiff)],
                ...attentionLines([name], labels, attention),
              ];
            }),
          }
        : null,
    ],
    [
      "reversed-order",
      reversedOrder
        ? {
            columns: ["prompts", ...ESTIMATE],
            rows: [
              ...answers.flatMap(([name, means]) =>
                means
                  ? [
                      [name, ...line("P(B)", "probability", means.pRight)],
                      [name, ...line("P(D)", "probability", means.pWrong)],
                      [name, ...line("logit(B) - logit(D)", "nats", means.logitDiff)],
                    ]
                  : [],
              ),
              ["change (paired)", ...line("P(B)", "probability", reversedOrder.change.pB)],
              ["change (paired)", ...line("P(D)", "probability", reversedOrder.change.pD)],
              [
                "change (paired)",
                ...line("logit(B) - logit(D)", "nats", reversedOrder.change.logitDiff),
              ],
            ],
          }
        : null,
    ],
  ];
}
