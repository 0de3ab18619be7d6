/** @file One workload, measured: once uncounted to compile what it needs and to count what it does. */

import { countArithmetic } from "../engine/arithmetic.ts";
import { median, type Seconds, secondsOf } from "./seconds.ts";
import type { OpenWorkload, Outcome, Part } from "./workloads.ts";

/** What was measured of a workload. */
export interface Measurement {
  readonly seconds: Seconds;
  /** Floating-point operations that the question needs at least. */
  readonly needed: number;
  /** Those that were done; null where the device does not tell. */
  readonly done: number | null;
  /** Medians of the parts, where it has some. */
  readonly parts?: readonly Part[];
}

/** How a workload is measured. */
export interface MeasureOptions {
  readonly repeats: number;
  /** Called before each run, `warming up` and then `run 1 of 3`. */
  readonly onRun?: (label: string) => void;
}

/** Measures a workload, alone in this process. */
export async function measure(
  { run }: Pick<OpenWorkload, "run">,
  { repeats, onRun }: MeasureOptions,
): Promise<Measurement> {
  onRun?.("warming up");
  const { flop, kernels } = await countArithmetic(run);
  const outcomes: Outcome[] = [];
  const times: number[] = [];
  for (let i = 1; i <= repeats; i++) {
    onRun?.(`run ${i} of ${repeats}`);
    const start = performance.now();
    outcomes.push(await run());
    times.push((performance.now() - start) / 1000);
  }
  const { needed = 0, parts } = outcomes[0] ?? {};
  return {
    seconds: secondsOf(times),
    needed,
    done: needed > 0 && kernels === 0 ? null : flop,
    ...(parts && { parts: parts.map((_, i) => medianPart(outcomes, i)) }),
  };
}

/** The same part of each run. */
function medianPart(outcomes: readonly Outcome[], index: number): Part {
  const all = outcomes.flatMap(({ parts }) => parts?.[index] ?? []);
  return { name: all[0]?.name ?? "", seconds: median(all.map(({ seconds }) => seconds)) };
}
