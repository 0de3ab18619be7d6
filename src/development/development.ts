/**
 * @file How a model came to be: when each head took up its role, when each length of the post's table
 * appeared, and where the loss fell most steeply. A pure function of what was seen on the way.
 */

import { LookbackError } from "../errors.ts";
import { isPositive } from "../experiments/answers.ts";
import { estimateDifference } from "../measures/statistics.ts";
import { inSixDigits } from "../six-digits.ts";
import { type Appearance, appearance } from "./appearance.ts";
import {
  allowsRole,
  FOLLOWED_ROLES,
  FOLLOWED_RULES,
  type FollowedRole,
  followedRoles,
  hasRole,
  roleScore,
} from "./head-role.ts";
import { lengthAnswers } from "./length-answers.ts";
import { type PhaseChange, phaseChange } from "./phase-change.ts";
import type { HeadLook } from "./repeated-tokens.ts";
import type { PlacedLook, TrainingRecord } from "./training-record.ts";

/** A head that came to a role and kept it. */
export interface HeadAppearance extends Appearance {
  readonly role: FollowedRole;
  /** `L0H4` */
  readonly label: string;
  /** 1 for the first head of its role, 2 for the next. */
  readonly rank: number;
  /** Its score in the last look. */
  readonly score: number;
}

/** The roles of a head from look to look. */
export interface HeadHistory {
  readonly label: string;
  readonly layer: number;
  readonly head: number;
  /** For each look the roles that it had there. */
  readonly roles: readonly (readonly FollowedRole[])[];
}

/** A length of the post's table. */
export interface LengthAppearance {
  readonly length: number;
  /** From when on the interval of the logit difference stays above zero; null where it does not. */
  readonly appeared: Appearance | null;
}

/** What happened. */
export type Happening =
  | {
      readonly kind: "head";
      readonly role: FollowedRole;
      readonly rank: number;
      readonly label: string;
    }
  | { readonly kind: "length"; readonly length: number }
  | { readonly kind: "phase change"; readonly of: "second copy" | "in-context score" };

/** Something that happened, at its place in training. */
export type DevelopmentEvent = Happening & {
  readonly tokens: number;
  /** Whether the first look has it already: it happened at `tokens` or at any time before. */
  readonly isEarlier: boolean;
};

/** One run, as plain JSON. */
export interface RunDevelopment extends TrainingRecord {
  /** Heads that ever had a role, layer by layer. */
  readonly histories: readonly HeadHistory[];
  /** Heads that kept a role to the end, by role and then in the order in which they came to it. */
  readonly heads: readonly HeadAppearance[];
  readonly lengths: readonly LengthAppearance[];
  readonly phaseChange: {
    /**
     * Of the loss on the second copy of random tokens, less that on the first: what a model learns of
     * random tokens as such, it learns for both.
     */
    readonly secondCopy: PhaseChange | null;
    /** Of the in-context learning score; null also where there was no text to measure it on. */
    readonly inContext: PhaseChange | null;
  };
  /** All of it in the order of its happening. */
  readonly order: readonly DevelopmentEvent[];
}

/** One head in all looks. */
function headInLooks(looks: readonly PlacedLook[], label: string): HeadLook[] {
  return looks.map(({ heads }) => {
    const head = heads.find((candidate) => candidate.label === label);
    if (head === undefined) {
      throw new LookbackError("bad-spec", `a look has no head ${label}; are all of one model?`);
    }
    return head;
  });
}

function headAppearances(looks: readonly PlacedLook[], role: FollowedRole): HeadAppearance[] {
  const { threshold } = FOLLOWED_RULES[role];
  const last = looks.at(-1);
  const playing = last?.heads.filter((head) => hasRole(head, role)) ?? [];
  return playing
    .flatMap((now) => {
      const numbers = headInLooks(looks, now.label).map((head, i) => ({
        tokens: looks[i]?.tokens ?? 0,
        value: roleScore(head, role),
        holds: allowsRole(head, role),
      }));
      const appeared = appearance(numbers, threshold);
      const score = roleScore(now, role);
      return appeared === null ? [] : [{ ...appeared, role, label: now.label, rank: 0, score }];
    })
    .sort((a, b) => a.tokens - b.tokens || b.score - a.score)
    .map((head, i) => ({ ...head, rank: i + 1 }));
}

function histories(looks: readonly PlacedLook[]): HeadHistory[] {
  return (looks[0]?.heads ?? [])
    .map(({ label, layer, head }) => ({
      label,
      layer,
      head,
      roles: headInLooks(looks, label).map(followedRoles),
    }))
    .filter(({ roles }) => roles.some((ofLook) => ofLook.length > 0));
}

function lengthAppearances(looks: readonly PlacedLook[]): LengthAppearance[] {
  return (looks.at(-1)?.lengths ?? []).map(({ length }) => {
    const numbers = lengthAnswers(looks, length).map(({ tokens, estimate }) => ({
      tokens,
      value: estimate.ci95[0],
      holds: isPositive(estimate) === "yes",
    }));
    return { length, appeared: appearance(numbers, 0) };
  });
}

function phaseChanges(looks: readonly PlacedLook[]): RunDevelopment["phaseChange"] {
  const second = looks.map(({ tokens, repeated }) => ({
    tokens,
    estimate: estimateDifference(repeated.second, repeated.first),
  }));
  const score = looks.flatMap(({ tokens, heldOut }) =>
    heldOut?.inContext ? [{ tokens, estimate: heldOut.inContext.score }] : [],
  );
  return { secondCopy: phaseChange(second), inContext: phaseChange(score) };
}

function orderOf({
  heads,
  lengths,
  phaseChange: { secondCopy, inContext },
}: Pick<RunDevelopment, "heads" | "lengths" | "phaseChange">): DevelopmentEvent[] {
  const events: DevelopmentEvent[] = [
    ...heads.map(({ tokens, after, role, rank, label }) => ({
      kind: "head" as const,
      tokens,
      isEarlier: after === null,
      role,
      rank,
      label,
    })),
    ...lengths.flatMap(({ length, appeared }) => {
      if (appeared === null) return [];
      const { tokens, after } = appeared;
      return [{ kind: "length" as const, tokens, isEarlier: after === null, length }];
    }),
  ];
  const change = (found: PhaseChange | null, of: "second copy" | "in-context score") => {
    if (found !== null) {
      events.push({ kind: "phase change", tokens: found.tokens, isEarlier: false, of });
    }
  };
  change(secondCopy, "second copy");
  change(inContext, "in-context score");
  return events.sort((a, b) => a.tokens - b.tokens);
}

/**
 * The development of one run.
 *
 * @throws LookbackError `bad-spec` where there is no look, or looks are not in rising order or of
 *   different models.
 */
export function runDevelopment(record: TrainingRecord): RunDevelopment {
  const { looks } = record;
  if (looks.length === 0) {
    throw new LookbackError("bad-spec", `${record.name} has no look at its model yet`);
  }
  for (const [i, { tokens }] of looks.entries()) {
    const before = looks[i - 1];
    if (before !== undefined && tokens <= before.tokens) {
      throw new LookbackError(
        "bad-spec",
        `the looks of ${record.name} are not in rising order: ${before.tokens}, then ${tokens}`,
      );
    }
  }
  const heads = FOLLOWED_ROLES.flatMap((role) => headAppearances(looks, role));
  const lengths = lengthAppearances(looks);
  const changes = phaseChanges(looks);
  const order = orderOf({ heads, lengths, phaseChange: changes });
  const found = { histories: histories(looks), heads, lengths, phaseChange: changes, order };
  return { ...record, ...inSixDigits(found) };
}
