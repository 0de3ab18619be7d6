/** @file What the weights say of heads, as tables for the terminal. */

import type { CompositionMode } from "../circuits/composition.ts";
import type { ComposingPair, CompositionBaseline } from "../circuits/composition-baseline.ts";
import type { CopyingScores } from "../circuits/copying.ts";
import type { CircuitSpectrum, HeadSpectra } from "../circuits/spectra.ts";
import { headLabel } from "../model/heads.ts";
import { effect, plain, share, withInterval } from "../report/format.ts";
import { intervalsInWords, paragraphs } from "./heading.ts";
import { type HeatTable, heatTableText } from "./heat-table.ts";
import type { ModelIdentity } from "./model-identity.ts";
import type { Look } from "./terminal.ts";
import { textTable } from "./text-table.ts";

/** What `lookback compose` gives. */
export interface ComposeResult extends ModelIdentity {
  readonly baseline: CompositionBaseline;
  readonly composition: readonly {
    readonly mode: CompositionMode;
    /** `[layer of writer][head][layer of reader][head]` */
    readonly scores: readonly (readonly (readonly (readonly number[])[])[])[];
    /** Strongest first. */
    readonly pairs: readonly ComposingPair[];
  }[];
  readonly spectra: readonly HeadSpectra[];
  readonly copying: CopyingScores;
}

/** Pairs that are listed of each mode. */
const PAIRS_SHOWN = 5;

/** Singular values that are shown of each circuit. */
const VALUES_SHOWN = 3;

const READS_WITH = { Q: "queries", K: "keys", V: "values" } as const;

/** One table for each two layers, the earlier one's heads by the later one's. */
function scoreTables(scores: ComposeResult["composition"][number]["scores"]): HeatTable[] {
  return scores.flatMap((writers, from) =>
    scores.slice(from + 1).map((_, i): HeatTable => {
      const to = from + 1 + i;
      return {
        rows: writers.map((_, head) => headLabel({ layer: from, head })),
        columns: scores[to]?.map((_, head) => headLabel({ layer: to, head })) ?? [],
        values: writers.map((readers) => readers[to] ?? []),
      };
    }),
  );
}

function pairsTable(pairs: readonly ComposingPair[]): string {
  const rows = pairs
    .slice(0, PAIRS_SHOWN)
    .map(({ writer, reader, score, ratio, deviations }) => [
      `${writer} → ${reader}`,
      share(score),
      effect(ratio),
      plain(Math.round(deviations)),
    ]);
  return textTable(["pair", "score", "times chance", "deviations above"], rows);
}

const CIRCUIT_HEADS = ["singular values", "positive"] as const;

function circuitCells({ frobeniusNorm, singularValues, full }: CircuitSpectrum): string[] {
  return [
    effect(frobeniusNorm),
    singularValues.slice(0, VALUES_SHOWN).map(effect).join(" "),
    effect(full.eigenvaluePositivity),
  ];
}

function ovTable({ spectra, copying }: ComposeResult, width: number): string {
  const rows = spectra.map((head, i) => {
    const scores = copying.heads[i];
    return [
      headLabel(head),
      ...circuitCells(head.OV),
      scores === undefined ? "" : withInterval(scores.copying, effect),
      scores === undefined ? "" : withInterval(scores.antiCopying, effect),
    ];
  });
  return textTable(["head", "‖OV‖", ...CIRCUIT_HEADS, "copies", "anti-copies"], rows, { width });
}

function qkTable({ spectra }: ComposeResult, width: number): string {
  const rows = spectra.map((head) => [headLabel(head), ...circuitCells(head.QK)]);
  return textTable(["head", "‖QK‖", ...CIRCUIT_HEADS], rows, { width });
}

/** The result as text. */
export function composeText(result: ComposeResult, look: Look): string {
  const { model, processing, baseline, composition, copying } = result;
  const { mean, standardDeviation, quantile95, max, draws } = baseline;
  const { width } = look;
  const parts = [
    paragraphs(
      [
        `${model}: read from the weights, processing ${processing}`,
        `composition of random heads: ${share(mean)} (standard deviation ${share(standardDeviation)}, 95% below ${share(quantile95)}, highest of ${draws} ${share(max)}), seed ${baseline.seed}`,
      ],
      width,
    ),
  ];
  for (const { mode, scores, pairs } of composition) {
    const scale = pairs[0]?.score ?? 0;
    parts.push(
      "\n",
      paragraphs(
        [
          `${mode}-composition: what the ${READS_WITH[mode]} of later heads (columns) read of earlier ones (rows)`,
        ],
        width,
      ),
      ...scoreTables(scores).map((table) => `\n${heatTableText(table, { ...look, scale })}`),
      pairs.length === 0 ? "one layer: no head reads another\n" : `\n${pairsTable(pairs)}`,
    );
  }
  parts.push(
    "\n",
    paragraphs(
      [
        "OV: what a head writes of what it attends to; QK: what it attends to",
        "positive: Σ Re λ / Σ |λ| of the full circuit, −1 to 1",
        `copies: share of ${copying.tokens} tokens (seed ${copying.seed}) that are among the ${copying.k} raised most by attending to them; anti-copies: among the ${copying.k} raised least; chance ${share(copying.chance)}; ${intervalsInWords(copying.tokens)}`,
      ],
      width,
    ),
    `\n${ovTable(result, width)}`,
    `\n${qkTable(result, width)}`,
  );
  return parts.join("");
}
