/** @file What is timed: what users wait for, as the library does it. */

import type { ExperimentContext, HeadRole } from "../experiments/context.ts";
import { figures1And2 } from "../experiments/figure-1-2.ts";
import { figure3 } from "../experiments/figure-3-4.ts";
import { figure5 } from "../experiments/figure-5.ts";
import { ordering } from "../experiments/ordering.ts";
import { reproduce } from "../experiments/reproduce.ts";
import {
  EXPERIMENTS,
  type ExperimentName,
  type ReproduceSpec,
} from "../experiments/reproduce-spec.ts";
import { table } from "../experiments/table.ts";
import { activationPatch } from "../interventions/patch.ts";
import { headLabel } from "../model/heads.ts";
import { HookedTransformer, type ModelOptions, type ModelSource } from "../model/model.ts";
import { repeatedPair } from "../prompts/repeated.ts";
import type { WorkloadName } from "./catalogue.ts";
import { findingHeads, needsOf, patchingByPosition } from "./needs.ts";
import type { BenchmarkSpecs } from "./specs.ts";

/** The model that a workload is run on, and how. */
export interface Subject {
  readonly read: () => Promise<ModelSource>;
  readonly options: ModelOptions;
  readonly specs: BenchmarkSpecs;
}

/** A part of a run that has a name of its own. */
export interface Part {
  readonly name: string;
  readonly seconds: number;
}

/** What came of a run, as far as a bench wants to know. */
export interface Outcome {
  /** What it needs at least, in floating-point operations of matmuls; 0 where it needs none. */
  readonly needed: number;
  readonly parts?: readonly Part[];
}

/** A workload on a model, ready to be run as often as one likes. */
export interface OpenWorkload extends Disposable {
  readonly run: () => Promise<Outcome>;
}

/** Gets everything ready that is not to be timed. */
type Open = (subject: Subject) => Promise<OpenWorkload>;

/** An experiment's context. How long a head takes does not depend on which it is. */
function contextOf(model: HookedTransformer): ExperimentContext {
  const role = (layer: number): HeadRole => {
    const head = { layer, head: 0 };
    return { ...head, label: headLabel(head), score: 0, named: true };
  };
  const heads = {
    previousToken: role(0),
    lookBack: role(0),
    induction: role(model.config.n_layers - 1),
  };
  return { model, bos: model.config.bos_token_id ?? 0, heads, published: false };
}

/** A workload on a model that is loaded beforehand. */
function onModel(
  run: (context: ExperimentContext, specs: BenchmarkSpecs) => Promise<Outcome>,
): Open {
  return async ({ read, options, specs }) => {
    const model = await HookedTransformer.create(await read(), options);
    const context = contextOf(model);
    return { run: () => run(context, specs), [Symbol.dispose]: () => model.dispose() };
  };
}

/** A workload that is one of the experiments, with the spec of the same name. */
function experiment<N extends ExperimentName>(
  name: N,
  run: (context: ExperimentContext, spec: ReproduceSpec[N]) => Promise<unknown>,
): Open {
  return onModel(async (context, { single }) => {
    const spec = single[name];
    await run(context, spec);
    const { config } = context.model;
    return { needed: needsOf(name, config, spec, context.heads.induction.layer) };
  });
}

/** The loading itself, so that no model is there before. */
const loading: Open = async ({ read, options }) => ({
  run: async () => {
    using _ = await HookedTransformer.create(await read(), options);
    return { needed: 0 };
  },
  [Symbol.dispose]: () => {},
});

/** What a reproduction says first: which heads play the roles, and a row of the table. */
async function firstResult(
  { model, bos }: ExperimentContext,
  { reproduce: spec }: BenchmarkSpecs,
): Promise<Outcome> {
  const lengths = spec.table.lengths.slice(0, 1);
  const first: ReproduceSpec = {
    ...spec,
    bos,
    experiments: ["table"],
    table: { ...spec.table, lengths },
  };
  await reproduce(model, first);
  const { config } = model;
  return { needed: findingHeads(config) + needsOf("table", config, first.table, 0) };
}

async function patchByPosition(
  { model, bos }: ExperimentContext,
  { patchByPosition: spec }: BenchmarkSpecs,
): Promise<Outcome> {
  const { clean, corrupted } = repeatedPair({ ...spec, d_vocab: model.config.d_vocab, bos });
  await activationPatch(model, {
    clean: clean.tokens,
    corrupted: corrupted.tokens,
    answers: clean.answers,
    read: clean.read,
    component: "z",
    by: "head-position",
  });
  return { needed: patchingByPosition(model.config, spec) };
}

/** Everything, and how long each part takes. */
async function everything(
  { model, bos }: ExperimentContext,
  { reproduce: asked }: BenchmarkSpecs,
): Promise<Outcome> {
  const parts: Part[] = [];
  let start = performance.now();
  const ended = (name: string) => {
    const now = performance.now();
    parts.push({ name, seconds: (now - start) / 1000 });
    start = now;
  };
  const { spec, heads } = await reproduce(
    model,
    { ...asked, bos },
    { onHeads: () => ended("finding heads"), onResult: ended },
  );
  const { config } = model;
  const needed = EXPERIMENTS.filter((name) => spec.experiments.includes(name)).reduce(
    (sum, name) => sum + needsOf(name, config, spec[name], heads.induction.layer),
    findingHeads(config),
  );
  return { needed, parts };
}

const OPEN: { readonly [N in WorkloadName]: Open } = {
  loading,
  "reproduce-first-result": onModel(firstResult),
  table: experiment("table", table),
  figures1And2: experiment("figures1And2", figures1And2),
  figure3: experiment("figure3", figure3),
  figure5: experiment("figure5", figure5),
  ordering: experiment("ordering", ordering),
  "patch-by-position": onModel(patchByPosition),
  reproduce: onModel(everything),
};

/** Opens a workload on a model. The caller disposes of it. */
export function openWorkload(name: WorkloadName, subject: Subject): Promise<OpenWorkload> {
  return OPEN[name](subject);
}
