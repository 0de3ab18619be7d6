/** @file A training step in Lookback, as its users take it: a state, and a batch of tokens to each step. */

import type { TokenBatch } from "../../src/model/tokens.ts";
import { readModel } from "../../src/node/index.ts";
import { MersenneTwister, randint } from "../../src/prompts/mersenne-twister.ts";
import { createTrainState, trainStep } from "../../src/training/train-step.ts";
import type { Job } from "./lookback-workloads.ts";

/** So many steps from the weights of the folder; each run begins there again. */
export async function trainingJob(folder: string): Promise<Job> {
  const { config, weights } = await readModel(folder);
  return async (task) => {
    if (task.kind !== "training-step") throw new Error(`internal: ${task.kind} is not training`);
    const { batch, length, seed, steps, compared } = task;
    using state = await createTrainState(config, weights, task.optimizer);
    // The same at every step, so that the loss falls, and a wrong optimizer shows.
    const ids = randint(new MersenneTwister(seed), config.d_vocab, batch * length);
    const tokens: TokenBatch = { batch, length, ids };
    const losses: number[] = [];
    const start = performance.now();
    for (let step = 0; step < steps; step++) losses.push((await trainStep(state, tokens)).loss);
    const seconds = (performance.now() - start) / 1000 / steps;
    return { seconds, numbers: losses.slice(0, compared) };
  };
}
