/** @file The result as a table for people and as JSON for programs. */

import { textTable } from "../../src/cli/text-table.ts";
import type { Row } from "./measure.ts";

/** What the numbers were measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** Of each side. */
  readonly threads: number;
  readonly node: string;
  readonly torch: string;
  readonly transformerLens: string;
}

/** What a run of the bench prints. */
export interface PeerTimes {
  readonly machine: Machine;
  readonly rows: readonly Row[];
}

const HEADS = [
  "workload",
  "Lookback",
  "peer",
  "ratio",
  "Lookback MB",
  "peer MB",
  "n",
  "largest difference",
];

/** Three digits say all that a measured time can. */
function secondsText(seconds: number): string {
  return seconds < 1 ? `${(seconds * 1000).toPrecision(3)} ms` : `${seconds.toPrecision(3)} s`;
}

/** The table, under a line that says what it was measured on. */
export function resultTable({ machine, rows }: PeerTimes): string {
  const { cpu, cores, threads, node, torch, transformerLens } = machine;
  const table = textTable(
    HEADS,
    rows.map(({ workload, lookback, peer, ratio, runs, largestDifference }) => [
      workload,
      secondsText(lookback.seconds),
      secondsText(peer.seconds),
      `${ratio.toFixed(1)}x`,
      lookback.mb.toFixed(0),
      peer.mb.toFixed(0),
      String(runs),
      largestDifference.toExponential(0),
    ]),
  );
  return `${cpu}, ${cores} cores, ${threads} threads
Lookback on Node ${node}; the peer is TransformerLens ${transformerLens} on PyTorch ${torch}, for training-step PyTorch alone

${table}`;
}
