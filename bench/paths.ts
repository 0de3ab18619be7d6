/**
 * @file Every path of a model patched, `node bench/paths.ts [model]`: as `pathPatch` does it, and as it
 * is written down: a hooked run for each path, from a run that shows what the receiver would read. The
 * ratio of the two, and how far their effects are apart.
 */

import "../src/node/threads.ts";
import type { NdArray } from "../src/engine/ndarray.ts";
import { type Tensor, tensor } from "../src/engine/tensor.ts";
import { allReceivers, isEdge, parseSenders } from "../src/interventions/edges.ts";
import { pathPatch } from "../src/interventions/path.ts";
import { DEFAULT_MODEL } from "../src/loading/default-model.ts";
import { estimateNormalised } from "../src/measures/statistics.ts";
import { headLabel } from "../src/model/heads.ts";
import { HookedTransformer } from "../src/model/model.ts";
import type { HookEntry } from "../src/model/run-options.ts";
import { readModel } from "../src/node/read-model.ts";
import { repeatedPair } from "../src/prompts/repeated.ts";
import { machineName, secondsOfRuns } from "./machine.ts";

const ROUNDS = 3;

const source = await readModel(process.argv[2] ?? DEFAULT_MODEL);
using model = await HookedTransformer.create(source);
const { config } = model;
const { clean, corrupted } = repeatedPair({
  length: 4,
  batch: 100,
  seed: 110,
  d_vocab: config.d_vocab,
  bos: config.bos_token_id ?? 0,
});
const { answers, read } = clean;
const last = config.n_layers - 1;
// From the heads before the last layer to what its heads read with: where all the work is.
const from = parseSenders(`L${last - 1}`, config);
const to = allReceivers(config).filter(
  (receiver) =>
    receiver.kind === "input" &&
    from.every((sender) => isEdge({ from: sender, to: receiver }, config)),
);

async function asLibrary(): Promise<number[][]> {
  const { effects } = await pathPatch(model, {
    clean: clean.tokens,
    corrupted: corrupted.tokens,
    answers,
    read,
    from,
    to: to.map((receiver) => [receiver]),
  });
  return effects.map((row) => row.map((cells) => cells?.[0]?.mean ?? Number.NaN));
}

/** Logit differences of the corrupted prompts with hooks. */
async function differences(hooks: readonly HookEntry[], prompts = corrupted): Promise<number[]> {
  const { answerLogits } = await model.run(prompts.tokens, { answers, positions: [read], hooks });
  const data = answerLogits?.data ?? new Float32Array();
  return answers.map((_, row) => (data[2 * row] as number) - (data[2 * row + 1] as number));
}

/** `[B, P, H, D]` with one head exchanged. */
function withHead(value: Tensor, other: NdArray, head: number): Tensor {
  const range = [head, head + 1] as const;
  return value.withSlice(2, range, tensor(other).slice(null, null, range));
}

async function asWritten(): Promise<number[][]> {
  const zHook = `blocks.${last - 1}.attn.hook_z` as const;
  const inputs = (["q", "k", "v"] as const).map((input) => `blocks.${last}.attn.hook_${input}`);
  const z = (await model.run(clean.tokens, { names: [zHook] })).activations.get(zHook);
  const own = await differences([]);
  const goal = await differences([], clean);
  const effects: number[][] = [];
  for (const sender of from) {
    if (sender.kind !== "head") continue;
    const patched = await model.run(corrupted.tokens, {
      names: inputs,
      hooks: [[zHook, (value) => withHead(value, z, sender.head)]],
    });
    const row: number[] = [];
    for (const receiver of to) {
      if (receiver.kind !== "input") continue;
      const hook = `blocks.${last}.attn.hook_${receiver.input}` as const;
      const other = patched.activations.get(hook);
      const scores = await differences([[hook, (value) => withHead(value, other, receiver.head)]]);
      row.push(estimateNormalised(scores, { clean: goal, corrupted: own }).mean);
    }
    effects.push(row);
  }
  return effects;
}

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;

const ours = await asLibrary();
const written = await asWritten();
const fast = median(await secondsOfRuns(asLibrary, ROUNDS));
const slow = median(await secondsOfRuns(asWritten, ROUNDS));
const apart = Math.max(
  ...ours.flatMap((row, i) => row.map((value, j) => Math.abs(value - (written[i]?.[j] as number)))),
);
console.log(
  `${source.name}, ${from.map((sender) => (sender.kind === "head" ? headLabel(sender) : "")).join(" ")} to ${to.length} inputs of layer ${last}, 100 prompts of length 4; medians of ${ROUNDS}; ${machineName()}`,
);
console.log(
  `a run for each path: ${slow.toFixed(2)} s; pathPatch: ${fast.toFixed(2)} s; ${(slow / fast).toFixed(1)} times faster`,
);
console.log(`largest difference of an effect: ${apart.toExponential(1)}`);
