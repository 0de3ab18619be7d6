/**
 * @file The worker that trains. It has an engine of its own, so that the bench answers meanwhile; the page
 * starts one worker for each model that is trained.
 */

import { lookAt } from "../../../src/development/look.ts";
import type { DeviceKind } from "../../../src/engine/device.ts";
import { LookbackError } from "../../../src/errors.ts";
import { writeSafetensors } from "../../../src/loading/safetensors.ts";
import { HookedTransformer } from "../../../src/model/model.ts";
import { keptSteps } from "../../../src/training/schedule.ts";
import { type TrainingPoint, train } from "../../../src/training/train.ts";
import { chosenDevice } from "../worker/chosen-device.ts";
import { problemOf } from "../worker/problem.ts";
import { type Lesson, lessonOf } from "./lesson.ts";
import type { FromTrainer, ToTrainer } from "./protocol.ts";

/** Looks at the model, each with a checkpoint: evenly on a logarithmic scale, since most happens early. */
const LOOKS = { first: 10, count: 12 };

/** A look takes a fraction of a second: fewer prompts than in a run that nobody waits for. */
const LOOK_SPEC = { seed: 0, lengths: [2, 3], batch: 64 };

/** How long steps may go on before messages are heard, in milliseconds. */
const LONGEST_SILENCE = 100;

const cancellation = new AbortController();

function send(message: FromTrainer, transfer: Transferable[] = []): void {
  globalThis.postMessage(message, { transfer });
}

/** Seconds that a part of the work has taken. */
class Stopwatch {
  seconds = 0;
  #since = performance.now();

  start(): void {
    this.#since = performance.now();
  }

  stop(): void {
    this.seconds += (performance.now() - this.#since) / 1000;
    this.#since = performance.now();
  }
}

async function learn({
  text,
  settings,
  device: choice,
}: Extract<ToTrainer, { readonly kind: "start" }>): Promise<void> {
  const lesson = lessonOf(text, settings);
  const { recipe, config } = lesson;
  const about = { d_vocab: config.d_vocab, tokens: lesson.text.tokens, bigramEntropy: null };
  send({ kind: "prepared", about });
  const device = await chosenDevice(choice);
  const kept = new Set(keptSteps(LOOKS, recipe.steps));
  const watch = new Stopwatch();
  let heard = performance.now();
  await train(recipe, config, lesson.text, {
    device,
    signal: cancellation.signal,
    onBigramStep: (step) => send({ kind: "bigrams", ...step }),
    onStep: async ({ step, of, loss, tokens }) => {
      watch.stop();
      send({ kind: "step", step, of, loss, tokens, seconds: watch.seconds });
      if (performance.now() - heard > LONGEST_SILENCE) {
        await new Promise((resolve) => setTimeout(resolve));
        heard = performance.now();
      }
    },
    isDue: (steps) => kept.has(steps),
    onPoint: async (steps, point) => {
      await keep(lesson, steps, point, device);
      watch.start();
    },
  });
}

/** Looks at the model as it is now, and hands it to the page. */
async function keep(
  { config, configFile, tokenizer, heldOut, recipe }: Lesson,
  step: number,
  { weights }: TrainingPoint,
  device: DeviceKind,
): Promise<void> {
  const source = { name: recipe.name, config, weights, hash: "", tokenizer: null };
  using model = await HookedTransformer.create(source, { device });
  const look = await lookAt(model, { ...LOOK_SPEC, heldOut });
  const bytes = writeSafetensors(weights, { format: "pt" });
  const files = {
    config: fileJson(configFile),
    tokenizer: fileJson(tokenizer),
    weights: bytes as Uint8Array<ArrayBuffer>,
  };
  const tokens = step * recipe.batch * config.n_ctx;
  send({ kind: "checkpoint", step, tokens, look, files }, [files.weights.buffer]);
}

function fileJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

async function start(message: Extract<ToTrainer, { readonly kind: "start" }>): Promise<void> {
  try {
    await learn(message);
    send({ kind: "end", wasStopped: false });
  } catch (error) {
    const wasStopped = error instanceof LookbackError && error.code === "cancelled";
    if (wasStopped) send({ kind: "end", wasStopped });
    else send({ kind: "problem", problem: problemOf(error) });
  }
}

globalThis.onmessage = ({ data }: MessageEvent<ToTrainer>) => {
  if (data.kind === "stop") cancellation.abort();
  else void start(data);
};
