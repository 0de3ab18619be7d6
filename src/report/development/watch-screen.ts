/** @file A run as it stands, on one screen: how far it is, its losses, the best heads, and the table. */

import type { RunDevelopment } from "../../development/development.ts";
import {
  bestHeads,
  FOLLOWED_ROLES,
  FOLLOWED_RULES,
  type FollowedRole,
  hasRole,
  roleScore,
} from "../../development/head-role.ts";
import { lengthAnswers } from "../../development/length-answers.ts";
import type { PlacedLook, TrainingLoss } from "../../development/training-record.ts";
import { isPositive } from "../../experiments/answers.ts";
import type { Estimate } from "../../measures/statistics.ts";
import { fixed, logits, probability, whole, withInterval } from "../format.ts";
import { PLAIN, type TableOptions } from "../terminal.ts";
import { type SparkPoint, sparkline } from "./sparkline.ts";
import { ROLE_WORDS, tokensText } from "./words.ts";

/** How far a run is. */
export interface WatchedStanding {
  readonly state: "running" | "stopped" | "finished";
  /** What it is at: the corpus comes first, then the fit of bigrams, where the recipe has one. */
  readonly stage: "corpus" | "bigrams" | "training";
  readonly step: number;
  /** Null where there is no recipe. */
  readonly steps: number | null;
  readonly tokens: number;
  /** Of late; null before there are two points to go by. */
  readonly tokensPerSecond: number | null;
  /** Seconds; null where they cannot be told. */
  readonly secondsLeft: number | null;
  /** The last step of the fit of bigrams, where there is one. */
  readonly bigrams: {
    readonly step: number;
    readonly loss: number;
    readonly entropy: number;
  } | null;
}

/** What a screen shows. */
export interface WatchView {
  readonly name: string;
  readonly standing: WatchedStanding;
  readonly losses: readonly TrainingLoss[];
  /** Null before the first look. */
  readonly run: RunDevelopment | null;
}

const NAME_WIDTH = 18;
const VALUE_WIDTH = 22;
const LEAST_CURVE = 6;
const MOST_CURVE = 60;
/** Heads that are named for a role. */
const MOST_HEADS = 3;

/** `3 h 12 min`, `45 s` */
export function durationText(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** How far the run is, in a line. */
export function standingText({
  state,
  stage,
  step,
  steps,
  tokens,
  tokensPerSecond,
  secondsLeft,
  bigrams,
}: WatchedStanding): string {
  if (stage === "corpus") return state === "running" ? "preparing the corpus" : state;
  if (stage === "bigrams" && bigrams !== null) {
    const { loss, entropy } = bigrams;
    return `${state}: fit of bigrams, step ${bigrams.step}: loss ${logits(loss)}, entropy ${logits(entropy)}`;
  }
  const of = steps === null ? "" : ` of ${whole(steps)} (${Math.floor((100 * step) / steps)}%)`;
  const parts = [`step ${whole(step)}${of}`, `${tokensText(tokens)} tokens`];
  if (state === "running") {
    if (tokensPerSecond !== null) parts.push(`${whole(Math.round(tokensPerSecond))} tokens/s`);
    if (secondsLeft !== null) parts.push(`${durationText(secondsLeft)} left`);
  } else {
    parts.push(state);
  }
  return parts.join(" · ");
}

/** One line a look, for files and pipes. */
export function lookLine(look: PlacedLook): string {
  const best = (role: FollowedRole) => {
    const head = bestHeads(look.heads, role)[0];
    return head === undefined
      ? ""
      : `${ROLE_WORDS[role]} ${head.label} ${fixed(2)(roleScore(head, role))}`;
  };
  const lengths = look.lengths.map(({ length }) => {
    const estimate = lengthAnswers([look], length)[0]?.estimate as Estimate; // the look has it
    return `${length}: ${logits(estimate.mean)}${isPositive(estimate) === "yes" ? "" : "?"}`;
  });
  const parts = [
    look.step === null ? "" : `step ${look.step}`,
    `${tokensText(look.tokens)} tokens`,
    look.heldOut === null ? "" : `held-out ${logits(look.heldOut.loss.mean)}`,
    `second copy ${logits(look.repeated.second.mean)}`,
    ...FOLLOWED_ROLES.map(best),
    lengths.length > 0 ? `lengths ${lengths.join(", ")}` : "",
  ];
  return parts.filter((part) => part !== "").join("; ");
}

function curveLine(
  name: string,
  value: string,
  points: readonly SparkPoint[],
  width: number,
  range?: readonly [low: number, high: number],
): string {
  const room = Math.min(MOST_CURVE, Math.max(LEAST_CURVE, width - NAME_WIDTH - VALUE_WIDTH - 4));
  return `  ${name.padEnd(NAME_WIDTH)}${value.padEnd(VALUE_WIDTH)}${sparkline(points, room, range)}`;
}

function lossLines({ losses, run }: WatchView, width: number): string[] {
  const lines: string[] = [];
  const last = losses.at(-1);
  if (last !== undefined) {
    const points = losses.map(({ tokens, loss }) => ({ tokens, value: loss }));
    lines.push(curveLine("loss", logits(last.loss), points, width));
  }
  const ofLooks = (name: string, chosen: (look: PlacedLook) => Estimate | undefined) => {
    const points = (run?.looks ?? []).flatMap((look) => {
      const estimate = chosen(look);
      return estimate === undefined ? [] : [{ tokens: look.tokens, value: estimate.mean }];
    });
    const now = run?.looks.at(-1);
    const estimate = now && chosen(now);
    if (estimate) lines.push(curveLine(name, withInterval(estimate, logits), points, width));
  };
  ofLooks("held-out loss", ({ heldOut }) => heldOut?.loss);
  ofLooks("second copy", ({ repeated }) => repeated.second);
  ofLooks("in-context score", ({ heldOut }) => heldOut?.inContext?.score);
  return lines;
}

function headLines({ looks }: RunDevelopment, width: number, good: (text: string) => string) {
  const now = looks.at(-1);
  if (now === undefined) return [];
  return FOLLOWED_ROLES.map((role) => {
    const best = bestHeads(now.heads, role);
    const playing = best.filter((head) => hasRole(head, role));
    const shown = playing.length > 0 ? playing.slice(0, MOST_HEADS) : best.slice(0, 1);
    const [first] = shown;
    const points = looks.flatMap(({ tokens, heads }) => {
      const head = heads.find(({ label }) => label === first?.label);
      return head === undefined ? [] : [{ tokens, value: roleScore(head, role) }];
    });
    const most = Math.max(FOLLOWED_RULES[role].threshold, ...points.map(({ value }) => value));
    const told = first === undefined ? "" : `${first.label} ${fixed(2)(roleScore(first, role))}`;
    const others = shown.length > 1 ? ` +${playing.length - 1}` : "";
    const line = curveLine(ROLE_WORDS[role], `${told}${others}`, points, width, [0, most]);
    return playing.length > 0 ? good(line) : line;
  });
}

function lengthLines({ looks }: RunDevelopment, width: number, good: (text: string) => string) {
  const now = looks.at(-1);
  if (now === undefined || now.lengths.length === 0) return [];
  const hasBothWays = now.lengths.some(({ bothWays }) => bothWays !== null);
  const value = (estimate: Estimate) => withInterval(estimate, logits).padEnd(VALUE_WIDTH);
  const rows = now.lengths.map(({ length, pB, pD, logitDiff, bothWays }) => {
    const answers = lengthAnswers(looks, length);
    const points = answers.map(({ tokens, estimate }) => ({ tokens, value: estimate.mean }));
    const most = Math.max(1, ...points.map((point) => point.value));
    const columns = [
      `  ${String(length).padStart(6)}`,
      probability(pB.mean),
      probability(pD.mean),
      value(logitDiff),
      ...(bothWays === null ? [] : [value(bothWays)]),
    ].join("  ");
    const room = Math.min(MOST_CURVE, Math.max(LEAST_CURVE, width - columns.length - 4));
    const line = `${columns}${sparkline(points, room, [0, most])}`;
    const last = answers.at(-1);
    return last !== undefined && isPositive(last.estimate) === "yes" ? good(line) : line;
  });
  const header = `  length  P(B)    P(D)    ${"logit difference".padEnd(VALUE_WIDTH)}`;
  return [hasBothWays ? `${header}  asked both ways` : header.trimEnd(), ...rows];
}

/** The screen as text. */
export function renderWatch(
  view: WatchView,
  { width = 100, palette = PLAIN }: TableOptions = {},
): string {
  const { name, standing, run } = view;
  const { bold, dim, good } = palette;
  const lines = [`${bold(name)}  ${standingText(standing)}`.slice(0, width + 20), ""];
  lines.push(...lossLines(view, width));
  if (run === null) {
    lines.push(dim("  no look at the model yet"));
  } else {
    const look = run.looks.at(-1);
    lines.push(
      "",
      dim(`  heads, as of the look at ${tokensText(look?.tokens ?? 0)} tokens`),
      ...headLines(run, width, good),
      "",
      ...lengthLines(run, width, good),
    );
  }
  return `${lines.join("\n")}\n`;
}
