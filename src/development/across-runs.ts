/**
 * @file What several runs have in common: when each thing happened in each of them. Heads are matched by
 * role, for the same role may fall to any head: the first previous-token head of one run is set beside
 * the first of another.
 */

import { LookbackError } from "../errors.ts";
import type { RoleRule } from "../hypothesis/head-labels.ts";
import { type Estimate, estimate } from "../measures/statistics.ts";
import { inSixDigits } from "../six-digits.ts";
import { type DevelopmentEvent, type RunDevelopment, runDevelopment } from "./development.ts";
import { FOLLOWED_ROLES, FOLLOWED_RULES } from "./head-role.ts";
import type { TrainingRecord } from "./training-record.ts";

/** Something that happened in one run at least, as all runs have it. */
export interface EventAcross {
  /** By which runs are matched: `induction 1`, `length 3`, `phase change, second copy`. */
  readonly key: string;
  /** The event as the first run that has it tells it; of a head, the label is that run's. */
  readonly event: DevelopmentEvent;
  /** When it happened in each run, or the first look that has it already; null where it did not. */
  readonly tokens: readonly (number | null)[];
  /** The label of the head in each run; null for other events. */
  readonly labels: readonly (string | null)[];
  /** Runs in which it happened. */
  readonly count: number;
  /** Runs of these whose first look has it already: when it happened in them is not known. */
  readonly earlier: number;
  /**
   * Base-2 logarithm of tokens over the runs in which it happened; its mean is that of the geometric
   * mean. Null where it is not known when it happened in some of them.
   */
  readonly log2Tokens: Estimate | null;
  readonly earliest: number;
  readonly latest: number;
}

/** How often one event came before another. */
export interface OrderAcross {
  readonly before: string;
  readonly after: string;
  /** Runs that have both and in this order, of runs that have both. At once is in no order. */
  readonly holds: number;
  readonly of: number;
}

/** What several runs have in common. */
export interface AcrossRuns {
  /**
   * In the order of their geometric means, in which a first look stands for what is earlier; those that
   * more runs have come first among equals.
   */
  readonly events: readonly EventAcross[];
  /** Of each two events that follow each other in this list. */
  readonly order: readonly OrderAcross[];
}

/** The development of one run or more, as plain JSON. */
export interface DevelopmentResult {
  /** Where a role begins, in words and with its threshold. */
  readonly rules: readonly RoleRule[];
  readonly runs: readonly RunDevelopment[];
  /** Null for a single run. */
  readonly across: AcrossRuns | null;
}

/** By what an event is matched with those of other runs. */
export function eventKey(event: DevelopmentEvent): string {
  switch (event.kind) {
    case "head":
      return `${event.role} ${event.rank}`;
    case "length":
      return `length ${event.length}`;
    case "phase change":
      return `phase change, ${event.of}`;
  }
}

const log2 = (tokens: number) => Math.log2(Math.max(1, tokens));

function meanLog2({ tokens }: Pick<EventAcross, "tokens">): number {
  return estimate(tokens.filter((time) => time !== null).map(log2)).mean;
}

function acrossRuns(runs: readonly RunDevelopment[]): AcrossRuns {
  const keys = new Map<string, DevelopmentEvent>();
  for (const { order } of runs) {
    for (const event of order) {
      const key = eventKey(event);
      if (!keys.has(key)) keys.set(key, event);
    }
  }
  const events = Array.from(keys, ([key, event]): EventAcross => {
    const found = runs.map(({ order }) => order.find((other) => eventKey(other) === key) ?? null);
    const tokens = found.map((one) => one?.tokens ?? null);
    const times = tokens.filter((time) => time !== null);
    const earlier = found.filter((one) => one?.isEarlier).length;
    return {
      key,
      event,
      tokens,
      labels: found.map((one) => (one?.kind === "head" ? one.label : null)),
      count: times.length,
      earlier,
      log2Tokens: earlier > 0 ? null : estimate(times.map(log2)),
      earliest: Math.min(...times),
      latest: Math.max(...times),
    };
  }).sort((a, b) => meanLog2(a) - meanLog2(b) || b.count - a.count);
  const order = events.slice(1).map((second, i): OrderAcross => {
    const first = events[i] as EventAcross;
    const both = runs.flatMap((_, run) => {
      const [a, b] = [first.tokens[run], second.tokens[run]];
      return typeof a === "number" && typeof b === "number" ? [a < b] : [];
    });
    return {
      before: first.key,
      after: second.key,
      holds: both.filter(Boolean).length,
      of: both.length,
    };
  });
  return { events, order };
}

/**
 * The development of one run or of several.
 *
 * @throws LookbackError as `runDevelopment`; `bad-spec` for runs that do not count the same.
 */
export function development(records: readonly TrainingRecord[]): DevelopmentResult {
  const [first, ...others] = records;
  if (first === undefined) throw new LookbackError("bad-spec", "there is no run to look back on");
  for (const { name, counts } of others) {
    if (counts !== first.counts) {
      throw new LookbackError(
        "bad-spec",
        `${first.name} counts ${first.counts} and ${name} counts ${counts}; what counts differently cannot be compared`,
      );
    }
  }
  const runs = records.map(runDevelopment);
  return {
    rules: FOLLOWED_ROLES.map((role) => FOLLOWED_RULES[role]),
    runs,
    across: runs.length > 1 ? inSixDigits(acrossRuns(runs)) : null,
  };
}
