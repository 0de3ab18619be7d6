/**
 * @file What is timed, by name. Sizes and seeds are said here once, and both sides are sent them, so
 * that neither can do another job than the other. The post's own jobs are sized as the post has them.
 */

import { ATTN_ONLY_2L_SHAPE } from "../../src/benchmark/random-weights.ts";

/** A model of random weights, by the fields of the hub's `config.json`. */
export interface ModelShape {
  /** Also the name of its folder. */
  readonly name: string;
  readonly n_layers: number;
  readonly n_heads: number;
  readonly d_model: number;
  readonly d_head: number;
  readonly n_ctx: number;
  readonly d_vocab: number;
}

const POST_MODEL: ModelShape = { ...ATTN_ONLY_2L_SHAPE, name: "attn-only-2l-shape" };

/** Half of the post's model in width, with a vocabulary that does not hide all else. */
const TRAINED_MODEL: ModelShape = {
  name: "training-shape",
  n_layers: 2,
  n_heads: 8,
  d_model: 256,
  d_head: 32,
  n_ctx: 128,
  d_vocab: 4096,
};

interface Drawn {
  readonly batch: number;
  readonly seed: number;
}

/** Where the peer leaves the forward pass: before this layer, or behind the unembedding. */
interface Stopped {
  readonly stopAtLayer: number | null;
}

/** One run of a job, as it is sent to either side. */
export type Task =
  | ({ readonly kind: "table"; readonly lengths: readonly number[] } & Drawn)
  | ({ readonly kind: "figures-1-2"; readonly length: number } & Drawn & Stopped)
  | ({ readonly kind: "figure-3"; readonly tokens: number } & Drawn & Stopped)
  | {
      readonly kind: "figure-5";
      readonly rows: readonly { readonly length: number; readonly batch: number }[];
      readonly seed: number;
    }
  | ({ readonly kind: "patch-by-position"; readonly length: number } & Drawn)
  | ({ readonly kind: "ordering" } & Drawn)
  | ({ readonly kind: "loading"; readonly length: number } & Drawn)
  | ({
      readonly kind: "training-step";
      /** Tokens of a row. */
      readonly length: number;
      /** Timed one after the other; what is reported is one of them. */
      readonly steps: number;
      /** The first steps, whose losses both sides must agree on. */
      readonly compared: number;
      readonly optimizer: AdamWSpec;
    } & Drawn);

/** AdamW with decoupled decay of every weight (Loshchilov and Hutter, 2019). */
export interface AdamWSpec {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
}

/** How far two numbers may be apart: within either of the two. */
export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
}

/** A job that both sides do. */
export interface Workload {
  readonly name: string;
  /** What it is, in a line of `--help`. */
  readonly description: string;
  readonly model: ModelShape;
  readonly task: Task;
  readonly tolerance: Tolerance;
  /** The peer takes minutes a run, so it is warmed up with a small one. */
  readonly isLongForPeer?: boolean;
}

/** float32 sums in another order, on numbers of order one. */
const SAME_NUMBERS: Tolerance = { relative: 1e-3, absolute: 1e-4 };

const FIGURES_1_2 = { kind: "figures-1-2", length: 3, batch: 4000, seed: 120 } as const;
const FIGURE_3 = { kind: "figure-3", tokens: 12, batch: 500, seed: 129 } as const;

function onPostModel(
  name: string,
  description: string,
  task: Task,
  options: Pick<Workload, "isLongForPeer"> = {},
): Workload {
  return { name, description, model: POST_MODEL, task, tolerance: SAME_NUMBERS, ...options };
}

export const WORKLOADS: readonly Workload[] = [
  onPostModel("table", "P(B), P(D) and their logit difference, lengths 2 to 6", {
    kind: "table",
    lengths: [2, 3, 4, 5, 6],
    batch: 1000,
    seed: 120,
  }),
  onPostModel("figures-1-2", "average patterns of layer 1 on 4000 prompts", {
    ...FIGURES_1_2,
    stopAtLayer: null,
  }),
  // The post's notebooks run the model to its end for a pattern. TransformerLens' main demo shows
  // stop_at_layer, which leaves out the unembedding, most of the work here; so that is measured too.
  onPostModel("figures-1-2-stop", "the same, with stop_at_layer on the peer's side", {
    ...FIGURES_1_2,
    stopAtLayer: 2,
  }),
  onPostModel("figure-3", "average patterns of layer 0 on random tokens", {
    ...FIGURE_3,
    stopAtLayer: null,
  }),
  onPostModel("figure-3-stop", "the same, with stop_at_layer on the peer's side", {
    ...FIGURE_3,
    stopAtLayer: 1,
  }),
  onPostModel(
    "figure-5",
    "every head's output patched at all positions, lengths 3 to 6",
    {
      kind: "figure-5",
      rows: [
        { length: 3, batch: 200 },
        { length: 4, batch: 400 },
        { length: 5, batch: 400 },
        { length: 6, batch: 500 },
      ],
      seed: 110,
    },
    { isLongForPeer: true },
  ),
  onPostModel("patch-by-position", "every head's output patched position by position", {
    kind: "patch-by-position",
    length: 3,
    batch: 50,
    seed: 110,
  }),
  onPostModel("ordering", "the ordering test and its control", {
    kind: "ordering",
    batch: 1000,
    seed: 130,
  }),
  // A model that was loaded shows that it is the right one by a table of one length.
  onPostModel("loading", "the model from its files to ready-to-run", {
    kind: "loading",
    length: 3,
    batch: 8,
    seed: 120,
  }),
  {
    name: "training-step",
    description: "a step of AdamW on 64 x 128 tokens, beside plain PyTorch",
    model: TRAINED_MODEL,
    task: {
      kind: "training-step",
      length: 128,
      batch: 64,
      seed: 0,
      steps: 10,
      compared: 3,
      optimizer: {
        learningRate: 1e-3,
        beta1: 0.9,
        beta2: 0.95,
        eps: 1e-8,
        weightDecay: 0.01,
      },
    },
    // A loss is a mean of thousands of numbers, and of order ten.
    tolerance: { relative: 1e-4, absolute: 0 },
  },
];

/** Prompts that show that a job works, and no more. */
const TINY_BATCH = 8;

/** The same job on few prompts, of figure 5 the first length alone. */
export function tiny(task: Task): Task {
  if (task.kind !== "figure-5") return { ...task, batch: TINY_BATCH };
  return { ...task, rows: task.rows.slice(0, 1).map((row) => ({ ...row, batch: TINY_BATCH })) };
}
