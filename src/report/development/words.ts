/** @file Tokens, roles and events of a development as people read them, and their colours. */

import type { DevelopmentEvent, RunDevelopment } from "../../development/development.ts";
import type { FollowedRole } from "../../development/head-role.ts";
import type { SpansCopied, TrainingRecord } from "../../development/training-record.ts";
import { COLOURS } from "../drawing/colour.ts";
import type { LineLook } from "../drawing/line-looks.ts";

/** The colour and shape of each role. */
export const ROLE_LOOKS: Readonly<Record<FollowedRole, LineLook>> = {
  "previous-token": { colour: COLOURS.right, symbol: "circle" },
  "look-back": { colour: COLOURS.wrong, symbol: "square" },
  "broad-look-back": { colour: "var(--fourth)", symbol: "circle" },
  induction: { colour: COLOURS.third, symbol: "triangle" },
};

/** The colour of lengths. */
export const LENGTH_COLOUR = "var(--fifth)";

/** `previous token` */
export const ROLE_WORDS: Readonly<Record<FollowedRole, string>> = {
  "previous-token": "previous token",
  "look-back": "look-back",
  "broad-look-back": "broad look-back",
  induction: "induction",
};

const UNITS = [
  [1e9, "B"],
  [1e6, "M"],
  [1e3, "k"],
] as const;

/** `12.3 M`: three significant digits. */
export function tokensText(tokens: number): string {
  for (const [size, unit] of UNITS) {
    // 999,600 is a million, not a thousand thousands.
    const scaled = Number((tokens / size).toPrecision(3));
    if (scaled >= 1) return `${scaled} ${unit}`;
  }
  return String(Math.round(tokens));
}

/** What the horizontal axis counts. */
export function axisLabel({ counts }: Pick<TrainingRecord, "counts">): string {
  return counts === "tokens" ? "tokens of text" : "number of the checkpoint (tokens or steps)";
}

/** `12.3 M tokens`, or `checkpoint 12.3 M` where what is counted is not known. */
export function placeText(tokens: number, { counts }: Pick<TrainingRecord, "counts">): string {
  if (counts === "tokens") return tokens === 0 ? "the start" : `${tokensText(tokens)} tokens`;
  return `checkpoint ${tokensText(tokens)}`;
}

/** When an event happened, as far as is known: `12.3 M tokens`, `4.9 M tokens or earlier`. */
export function whenText(
  { tokens, isEarlier }: Pick<DevelopmentEvent, "tokens" | "isEarlier">,
  run: Pick<TrainingRecord, "counts">,
): string {
  const place = placeText(tokens, run);
  return isEarlier && tokens > 0 ? `${place} or earlier` : place;
}

/** `second induction head, L1H3`; without a head, the event alone. */
export function eventText(event: DevelopmentEvent, withHead = true): string {
  switch (event.kind) {
    case "head": {
      const rank = RANKS[event.rank - 1] ?? `${event.rank}th`;
      const name = `${rank} ${ROLE_WORDS[event.role]} head`;
      return withHead ? `${name}, ${event.label}` : name;
    }
    case "length":
      return `length ${event.length}`;
    case "phase change":
      return `steepest fall, ${event.of}`;
  }
}

const RANKS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"];

/** `2 layers of 8 heads, d_model 128, standard positions` */
export function modelText({ about: { model } }: Pick<TrainingRecord, "about">): string {
  const { n_layers, n_heads, d_model, shortformer_pos } = model;
  const layers = `${n_layers} layer${n_layers === 1 ? "" : "s"} of ${n_heads} heads`;
  const positions = shortformer_pos ? "shortformer" : "standard";
  return `${layers}, d_model ${d_model}, ${positions} positions`;
}

function spansText(copies: SpansCopied | null, from: number): string {
  const start = from > 0 ? ` from step ${from.toLocaleString("en-US")} on` : "";
  if (copies === null) return `natural text${start}`;
  const { share, shortest, longest } = copies;
  return `copied spans of ${shortest} to ${longest} tokens in ${Math.round(100 * share)}% of contexts${start}`;
}

/**
 * `copied spans of 2 to 48 tokens in 30% of contexts from step 900 on`, or that text is as it is, and
 * how that changes in an extension; null without a recipe.
 */
export function copiesText({ about: { recipe } }: Pick<TrainingRecord, "about">): string | null {
  if (recipe === null) return null;
  const { copies, extension } = recipe;
  const first = spansText(copies, copies?.from ?? 0);
  const staysNatural = copies === null && extension?.copies === null;
  return extension === null || staysNatural
    ? first
    : `${first}, ${spansText(extension.copies, extension.from)}`;
}

/** The look that ends a run, as every table tells it. */
export function lastLook({ looks }: Pick<RunDevelopment, "looks">) {
  return looks[looks.length - 1] as RunDevelopment["looks"][number]; // there is one at least
}

/** `24 looks from the start to 91.3 M tokens`, `1 look at checkpoint 40` */
export function looksText(run: RunDevelopment): string {
  const { looks } = run;
  const last = placeText(lastLook(run).tokens, run);
  if (looks.length === 1) return `1 look at ${last}`;
  return `${looks.length} looks from ${placeText(looks[0]?.tokens ?? 0, run)} to ${last}`;
}
