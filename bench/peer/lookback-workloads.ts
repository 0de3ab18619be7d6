/** @file The workloads in Lookback, as its users do them. */

import type { Nested } from "../../src/engine/ndarray.ts";
import { measureAnswers } from "../../src/experiments/answers.ts";
import type { ExperimentContext, HeadRole } from "../../src/experiments/context.ts";
import { figures1And2 } from "../../src/experiments/figure-1-2.ts";
import { figure3 } from "../../src/experiments/figure-3-4.ts";
import { figure5 } from "../../src/experiments/figure-5.ts";
import { type OrderingArm, ordering } from "../../src/experiments/ordering.ts";
import { activationPatch } from "../../src/interventions/patch.ts";
import { parseHead } from "../../src/model/heads.ts";
import { HookedTransformer } from "../../src/model/model.ts";
import { readModel } from "../../src/node/index.ts";
import { repeatedPair, repeatedPrompts } from "../../src/prompts/repeated.ts";
import type { Task } from "./workloads.ts";

type TaskOf<Kind extends Task["kind"]> = Extract<Task, { kind: Kind }>;

/** A run of a job: how long it took, and what came of it. */
export interface Timed {
  readonly seconds: number;
  readonly numbers: readonly number[];
}

/** A job that is ready to be run as often as one likes. */
export type Job = (task: Task) => Promise<Timed>;

const BOS = 1;

/** The context of `lookback reproduce`, with the heads named as they are in the post's model. */
function contextOf(model: HookedTransformer): ExperimentContext {
  // Scores of heads are no part of any job, and a model of random weights has none to speak of.
  const role = (label: string): HeadRole => ({
    ...parseHead(label, model),
    label,
    score: 0,
    named: true,
  });
  const heads = { previousToken: role("L0H3"), lookBack: role("L0H0"), induction: role("L1H6") };
  return { model, bos: BOS, heads, published: false };
}

/** Row-major. */
function flat(nested: Nested): number[] {
  return typeof nested === "number" ? [nested] : nested.flatMap(flat);
}

/** The table as the post has it: asked about B alone. */
async function tableNumbers(
  { model, bos }: ExperimentContext,
  { lengths, ...spec }: { lengths: readonly number[]; batch: number; seed: number },
): Promise<number[]> {
  const { d_vocab } = model.config;
  const numbers: number[] = [];
  for (const length of lengths) {
    const prompts = repeatedPrompts({ ...spec, length, d_vocab, bos });
    const { pRight, pWrong, logitDiff } = await measureAnswers({ model }, prompts);
    // Probabilities as multiples of chance, so that they are of the size of the other numbers.
    numbers.push(pRight.mean * d_vocab, pWrong.mean * d_vocab, logitDiff.mean);
  }
  return numbers;
}

function orderingNumbers(arm: OrderingArm, d_vocab: number): number[] {
  return [
    arm.pB.mean * d_vocab,
    arm.pX2.mean * d_vocab,
    arm.logitDiff.mean,
    ...arm.attention.map(({ mean }) => mean),
  ];
}

async function patchByPosition(
  { model, bos }: ExperimentContext,
  spec: TaskOf<"patch-by-position">,
): Promise<number[]> {
  const { length, batch, seed } = spec;
  const { d_vocab } = model.config;
  const { clean, corrupted } = repeatedPair({ length, batch, seed, d_vocab, bos });
  const result = await activationPatch(model, {
    clean: clean.tokens,
    corrupted: corrupted.tokens,
    answers: clean.answers,
    read: clean.read,
    component: "z",
    by: "head-position",
  });
  return [result.clean, result.corrupted, ...flat(result.normalised)];
}

/** What an experiment comes to, in the peer's order. */
async function numbersOf(context: ExperimentContext, task: Task): Promise<number[]> {
  const { d_vocab } = context.model.config;
  switch (task.kind) {
    case "table":
      return tableNumbers(context, task);
    case "figures-1-2": {
      const { figure1 } = await figures1And2(context, task);
      return figure1.heads.flatMap(({ mean }) => flat(mean));
    }
    case "figure-3": {
      const { heads } = await figure3(context, task);
      return heads.flatMap(({ mean }) => flat(mean));
    }
    case "figure-5": {
      const { rows } = await figure5(context, task);
      return rows.flatMap((row) => [
        row.clean.mean,
        row.corrupted.mean,
        ...row.normalised.flat().map(({ mean }) => mean),
      ]);
    }
    case "patch-by-position":
      return patchByPosition(context, task);
    case "ordering": {
      const result = await ordering(context, task);
      return [result.ordering, result.control].flatMap((arm) => orderingNumbers(arm, d_vocab));
    }
    case "loading":
    case "training-step":
      throw new Error(`internal: ${task.kind} is no experiment`);
  }
}

const secondsSince = (start: number) => (performance.now() - start) / 1000;

/** Experiments on a model that is loaded beforehand. */
export async function experimentJob(folder: string): Promise<Job> {
  const context = contextOf(await HookedTransformer.create(await readModel(folder)));
  return async (task) => {
    const start = performance.now();
    const numbers = await numbersOf(context, task);
    return { seconds: secondsSince(start), numbers };
  };
}

/** The loading itself. That it is the right model, a small table shows, off the clock. */
export async function loadingJob(folder: string): Promise<Job> {
  return async (task) => {
    if (task.kind !== "loading") throw new Error(`internal: ${task.kind} is not loading`);
    const start = performance.now();
    using model = await HookedTransformer.create(await readModel(folder));
    const seconds = secondsSince(start);
    const { length, batch, seed } = task;
    const numbers = await tableNumbers(contextOf(model), { lengths: [length], batch, seed });
    return { seconds, numbers };
  };
}
