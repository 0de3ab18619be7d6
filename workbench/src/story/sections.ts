/**
 * @file The story of the post, in our own words: what each section says, the state in which the bench
 * shows it, and what was published about attn-only-2l.
 */

import { published } from "../../../src/experiments/published.ts";
import { DEFAULT_SESSION } from "../../../src/session/parse-spec.ts";
import type { SessionSpec } from "../../../src/session/spec.ts";
import type { Panel } from "../state/panels.ts";
import { INITIAL_STATE, type Look, type TableChoice } from "../state/state.ts";

/** What the story retells, as CITATION.cff has it. */
export const POST = {
  title: "Induction head circuits for longer sequences",
  author: "Eoin Farrell",
  url: "https://efarrell1.github.io/posts/generalised_induction",
} as const;

/** The panel of the bench that shows more of a figure. */
export const PANELS: Readonly<Record<StoryFigure["kind"], Panel>> = {
  answer: "answer",
  row: "attention",
  patterns: "heads",
  table: "table",
  patches: "patching",
};

/** A number that was published. */
export interface Published {
  readonly name: string;
  readonly value: number;
}

/** What a section shows, computed when it is read. */
export type StoryFigure =
  /** Logit difference and probabilities beside the published ones. */
  | {
      readonly kind: "answer";
      readonly published: {
        readonly difference: number;
        readonly right: number;
        readonly wrong: number;
      };
    }
  /** Attention of the induction head from the position that is read. */
  | { readonly kind: "row"; readonly published: readonly number[] }
  /** Patterns of layer 0. */
  | { readonly kind: "patterns" }
  /** The answer by length. */
  | {
      readonly kind: "table";
      readonly table: TableChoice;
      readonly published: readonly (readonly [length: number, difference: number])[];
    }
  /** Heads by the effect of patching them. */
  | { readonly kind: "patches"; readonly published: readonly Published[] };

/** A section. */
export interface StorySection {
  readonly id: string;
  readonly title: string;
  readonly paragraphs: readonly string[];
  readonly session: SessionSpec;
  readonly look: Partial<Look>;
  readonly figureTitle: string;
  readonly figure: StoryFigure;
}

const { table, figure2, figure5, ordering } = published.post;
const lengthThree = table.rows.find(([length]) => length === 3) ?? [];
const [, difference = Number.NaN, right = Number.NaN, wrong = Number.NaN] = lengthThree;

/** Prompts of the post, fewer of them: each figure is there at once. */
function repeated(length: number, seed: number): SessionSpec {
  const prompt = { kind: "repeated", length, batch: 256, seed, side: "query" } as const;
  return { ...DEFAULT_SESSION, prompt };
}

/** Heads of the post's figure 5 at a length, the largest first. */
function publishedPatches(length: number): readonly Published[] {
  const row = figure5.normalised_logit_diff[figure5.lengths.indexOf(length)] ?? [];
  return figure5.heads
    .map((name, i) => ({ name, value: row[i] ?? Number.NaN }))
    .sort((a, b) => b.value - a.value);
}

export const SECTIONS: readonly StorySection[] = [
  {
    id: "question",
    title: "Two sequences that share their middle",
    paragraphs: [
      "An induction head continues a repeated pair: after A B … A it says B. Now let the sequences be three tokens long and share the one in the middle: A X B, then C X D, then A X again. The X alone cannot tell whether B or D comes next. Only the A before it can.",
      "The model prefers B to D, though other tokens may be likelier than both. So something in it looks further back than one token.",
    ],
    session: repeated(3, table.seed),
    look: {},
    figureTitle: "What the model answers",
    figure: { kind: "answer", published: { difference, right, wrong } },
  },
  {
    id: "row",
    title: "The induction head picks the right copy",
    paragraphs: [
      "From the last X, the induction head looks at what followed X before. Both B and D did. It looks more at B, which stands further away: it matched not only X but what came before it.",
    ],
    session: repeated(3, figure2.seed),
    look: {},
    figureTitle: "Where the induction head looks",
    figure: { kind: "row", published: figure2.attention },
  },
  {
    id: "positions",
    title: "Heads below that look back",
    paragraphs: [
      "What could have told it? With all token embeddings set to zero, attention depends on position alone. In the figure each head has its role: a previous-token head looks at the token before and at little else; a look-back head spreads over the last few tokens, with its peak two tokens back or more.",
      "The first writes into each place what stood before it. The second writes a blurred memory of the last few tokens.",
    ],
    session: {
      ...DEFAULT_SESSION,
      mode: "position-only",
      prompt: { kind: "pattern", pattern: "BOS R*19", corrupted: null, batch: 1, seed: 0 },
    },
    look: { prompt: "mean" },
    figureTitle: "Layer 0 by position alone",
    figure: { kind: "patterns" },
  },
  {
    id: "length",
    title: "So it should work for a while, and then stop",
    paragraphs: [
      "If the blurred memory is what tells the copies apart, then longer shared middles should be harder, and beyond its reach impossible. Each step to the right adds one token to the middle.",
    ],
    session: repeated(3, table.seed),
    look: { table: { over: "length", to: 7 } },
    figureTitle: "The answer by length",
    figure: {
      kind: "table",
      table: { over: "length", to: 7 },
      published: table.rows.map(([length = 0, value = 0]) => [length, value] as const),
    },
  },
  {
    id: "patching",
    title: "Which heads carry it",
    paragraphs: [
      "Change the A of the last copy to C, and the right answer is D. Now give one head of that corrupted run what it had in the clean one, and see how much of the answer comes back: none is 0, all is 1.",
      "With a middle of two tokens, the previous-token head matters little and the look-back head much: the A lies beyond the reach of the first.",
    ],
    session: { ...repeated(4, figure5.seed), runs: "corrupted" },
    look: { patches: { component: "z", by: "head" } },
    figureTitle: "The answer that comes back by head",
    figure: { kind: "patches", published: publishedPatches(4) },
  },
  {
    id: "order",
    title: "A memory without order",
    paragraphs: [
      "A blurred memory keeps what was there, but not in which order. Here the last three tokens, X2 A X1, are those of the sequence that ended in B, in an order that never occurred. X1 alone was followed by B twice and by X2 twice. The model prefers B by far: a sort of induction bug, as the post has it.",
    ],
    session: {
      ...DEFAULT_SESSION,
      prompt: {
        kind: "pattern",
        pattern: "BOS A X2 X1 B C X1 X2 D A X2 X1 B C X1 X2 D X2 A X1 ? B X2",
        corrupted: null,
        batch: 256,
        seed: ordering.seed,
      },
    },
    look: {},
    figureTitle: "What the model answers in an order that never occurred",
    figure: {
      kind: "answer",
      published: { difference: ordering.logit_diff, right: ordering.p_b, wrong: ordering.p_x2 },
    },
  },
];

/** Where a reader's own experiment starts. */
export const OWN_EXPERIMENT = {
  session: {
    ...DEFAULT_SESSION,
    prompt: {
      kind: "pattern",
      pattern: "BOS A X Y B R*3 C X Y D R*3 A X Y ? B D",
      corrupted: null,
      batch: 128,
      seed: 0,
    },
  },
  look: INITIAL_STATE.look,
} as const satisfies { readonly session: SessionSpec; readonly look: Look };
