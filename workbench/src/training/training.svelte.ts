/** @file A model in training, as the page shows it: what was seen of it so far, and its checkpoints. */

import type { PlacedLook } from "../../../src/development/training-record.ts";
import { saveBlob } from "../drawing/save.ts";
import { CHECKPOINTS, type Checkpoint, type Run, type Seen } from "../runs/run.ts";
import { seenIn } from "../runs/run-log.ts";
import { problemOf, whyStopped } from "../worker/problem.ts";
import type { DeviceChoice, Problem } from "../worker/protocol.ts";
import { readTextFile } from "./given-text.ts";
import type { FromTrainer, TextAbout, ToTrainer, TrainedFiles } from "./protocol.ts";
import { type BigramFit, checkpointZip, type Logged, runZip, type TakenStep } from "./saved-run.ts";
import { DEFAULT_SETTINGS, type TrainingSettings } from "./settings.ts";

/** How training stands. */
export type Phase =
  | "none"
  /** The vocabulary is trained, and the text packed. */
  | "preparing"
  | "bigrams"
  | "training"
  /** The step under way is finished, and its checkpoint kept. */
  | "stopping"
  | "stopped"
  | "finished"
  | "failed";

/** How far it is. */
export interface Progress {
  readonly step: number;
  readonly of: number;
  /** Tokens seen so far, and of training a second. */
  readonly tokens: number;
  readonly rate: number;
}

/** What is saved with the checkpoints of a run. */
interface Trained extends Pick<Logged, "bigrams" | "steps"> {
  /** Text of `recipe.json`. */
  readonly recipe: string;
}

/** A worker that trains. */
export type StartWorker = () => Worker;

const UNDER_WAY: readonly Phase[] = ["preparing", "bigrams", "training", "stopping"];

/** Names of runs that were trained in this page. */
let trained = 0;

/** Starts and stops training, and keeps what comes of it. */
export class Training {
  /** What to learn from; null until the reader or the sample gives something. */
  text: string | null = $state.raw(null);
  settings: TrainingSettings = $state.raw(DEFAULT_SETTINGS);
  phase: Phase = $state("none");
  about: TextAbout | null = $state.raw(null);
  /** Loss of the fit of bigrams on held-out text, once it is known. */
  fittedLoss: number | null = $state(null);
  /** Of the fit to bigrams, then of training itself. */
  progress: Progress | null = $state.raw(null);
  steps: readonly TakenStep[] = $state.raw([]);
  seen: readonly Seen[] = $state.raw([]);
  problem: Problem | undefined = $state.raw(undefined);
  /** What can be looked into, as soon as there is a checkpoint; it has more later. */
  run: Run | null = $state.raw(null);
  readonly #startWorker: StartWorker;
  readonly #onRun: (run: Run) => void;
  readonly #isTaken: (name: string) => boolean;
  #worker: Worker | undefined;
  #bigrams: BigramFit | null = null;
  #name = "";
  /** What goes along with runs that were trained before the one of now, by their names. */
  readonly #earlier = new Map<string, Trained>();

  /**
   * @param onRun told of the run whenever it has a checkpoint more.
   * @param isTaken whether another run has a name.
   */
  constructor(
    startWorker: StartWorker,
    onRun: (run: Run) => void,
    isTaken: (name: string) => boolean,
  ) {
    this.#startWorker = startWorker;
    this.#onRun = onRun;
    this.#isTaken = isTaken;
  }

  get isUnderWay(): boolean {
    return UNDER_WAY.includes(this.phase);
  }

  /** Begins anew; the runs from before stay where they can be looked into. */
  start(device: DeviceChoice): void {
    const { text, settings, run } = this;
    this.#worker?.terminate();
    const before = this.#now;
    if (run !== null && before !== undefined) this.#earlier.set(run.name, before);
    do this.#name = `trained-${++trained}`;
    while (this.#isTaken(this.#name)); // by one that was saved in another visit, and dropped
    this.#bigrams = null;
    this.phase = "preparing";
    this.about = null;
    this.fittedLoss = null;
    this.progress = null;
    this.steps = [];
    this.seen = [];
    this.problem = undefined;
    this.run = null;
    const worker = this.#startWorker();
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<FromTrainer>) => this.#hear(data);
    worker.onerror = (event) => {
      const message = `The worker that trains has stopped (${whyStopped(event)}). Start again, or reload the page first.`;
      this.#fail({ code: "internal", message });
    };
    worker.postMessage({ kind: "start", text: text ?? "", settings, device } satisfies ToTrainer);
  }

  /** Takes a file for the text. */
  async read(file: File): Promise<void> {
    try {
      this.text = await readTextFile(file);
      this.problem = undefined;
    } catch (error) {
      this.problem = problemOf(error);
    }
  }

  /** Stops; what was trained so far is kept. Before the first step there is nothing to keep. */
  stop(): void {
    if (!this.isUnderWay) return;
    if (this.phase === "training") {
      this.phase = "stopping";
      this.#worker?.postMessage({ kind: "stop" } satisfies ToTrainer);
    } else if (this.phase !== "stopping") {
      this.progress = null; // which is that of the bigrams
      this.#end("stopped");
    }
  }

  /**
   * Saves a checkpoint, which `--model` takes once it is unpacked, and the page when it is dropped.
   *
   * @param checkpoint by default the latest.
   */
  async saveModel(run: Run, checkpoint = run.checkpoints.at(-1)): Promise<void> {
    if (checkpoint === undefined) return;
    saveZip(`${run.name}-${checkpoint.name}.zip`, await checkpointZip(run, checkpoint));
  }

  /** Saves a run that was trained here, as it is by now: all checkpoints, and the log. */
  async saveRun(run: Run): Promise<void> {
    const trained = run.name === this.#name ? this.#now : this.#earlier.get(run.name);
    if (trained === undefined) return;
    const { recipe, bigrams, steps } = trained;
    saveZip(`${run.name}.zip`, await runZip(run, recipe, { bigrams, steps, looks: run.looks }));
  }

  /** What goes along with the run of now. */
  get #now(): Trained | undefined {
    const { about, steps } = this;
    return about === null ? undefined : { recipe: about.recipe, bigrams: this.#bigrams, steps };
  }

  #hear(message: FromTrainer): void {
    switch (message.kind) {
      case "prepared":
        this.about = message.about;
        return;
      case "bigrams":
        if (this.phase === "preparing") this.phase = "bigrams";
        this.#bigrams = message;
        this.progress = { ...message, tokens: 0, rate: 0 };
        return;
      case "fitted":
        this.fittedLoss = message.heldOutLoss;
        return;
      case "step": {
        const { step, of, tokens, seconds } = message;
        if (this.phase === "bigrams" || this.phase === "preparing") this.phase = "training";
        this.progress = { step, of, tokens, rate: tokens / seconds };
        this.steps = [...this.steps, message];
        return;
      }
      case "checkpoint":
        this.#keep(message);
        return;
      case "end":
        this.#end(message.wasStopped ? "stopped" : "finished");
        return;
      case "problem":
        this.#fail(message.problem);
    }
  }

  #keep({
    step,
    tokens,
    look,
    files,
  }: Extract<FromTrainer, { readonly kind: "checkpoint" }>): void {
    const seen = seenIn(step, look);
    const checkpoint = checkpointOf(this.#name, step, tokens, files, seen);
    const placed: PlacedLook = { ...look, step, tokens };
    this.seen = [...this.seen, seen];
    this.run = {
      name: this.#name,
      folder: `./${this.#name}/${CHECKPOINTS}`,
      origin: "trained",
      isTraining: false,
      checkpoints: [...(this.run?.checkpoints ?? []), checkpoint],
      looks: [...(this.run?.looks ?? []), placed],
    };
    this.#onRun(this.run);
  }

  #fail(problem: Problem): void {
    this.problem = problem;
    this.#end("failed");
  }

  #end(phase: Phase): void {
    this.phase = phase;
    this.#worker?.terminate();
    this.#worker = undefined;
  }
}

function saveZip(name: string, zip: Uint8Array<ArrayBuffer>): void {
  saveBlob(name, new Blob([zip], { type: "application/zip" }));
}

function checkpointOf(
  run: string,
  steps: number,
  tokens: number,
  { config, tokenizer, weights }: TrainedFiles,
  seen: Seen,
): Checkpoint {
  const name = `step-${String(steps).padStart(8, "0")}`;
  const files = [
    new File([config], "config.json"),
    new File([tokenizer], "tokenizer.json"),
    new File([weights], "model.safetensors"),
  ];
  const folder = `${run}/${name}`;
  return { name, steps, tokens, seen, source: { kind: "files", files, folder, id: folder } };
}
