/** @file The model that is there, and the one that is on its way. */

import type { WorkerClient } from "../worker/client.ts";
import type { DeviceChoice, ModelInfo, ModelSource } from "../worker/protocol.ts";
import type { Dropped } from "./dropped-files.ts";
import { type Found, NOTHING } from "./found.ts";
import { LONGEST_NAME } from "./link.ts";
import type { Runs } from "./runs.svelte.ts";
import type { CheckpointChoice, ModelChoice } from "./state.ts";

/** A model and where it runs, as a state names them. */
export interface Placed {
  readonly model: ModelChoice;
  readonly device: DeviceChoice;
}

/** Who is told what comes of loading. */
export interface LoaderEvents {
  /** There is another model, known by this name. */
  readonly onLoaded: (info: ModelInfo, placed: Placed) => void;
  /** The page was not given the files of what was wished for. Told of before it is missed. */
  readonly onNotGiven: () => void;
  /** The model that was wished for does not come. */
  readonly onMissed: () => void;
}

/** Loads models; the latest wish wins, and the model that is there stays until the next is whole. */
export class ModelLoader {
  found: Found<ModelInfo> = $state.raw(NOTHING);
  /** What was wished for and did not come, if the network may give it another time. */
  missed: Placed | null = $state.raw(null);
  readonly #client: WorkerClient;
  readonly #runs: Runs;
  readonly #events: LoaderEvents;
  /** What the model that is there was wished for as. */
  #placed: Placed | null = $state.raw(null);
  #wished = "";
  /** Files that were dropped, by the name of their model: they are in no link. */
  readonly #dropped = new Map<string, Dropped>();

  constructor(client: WorkerClient, runs: Runs, events: LoaderEvents) {
    this.#client = client;
    this.#runs = runs;
    this.#events = events;
  }

  /** What the model that is there was wished for as; null where there is none. */
  get placed(): Placed | null {
    return this.#placed;
  }

  /** Loads what a state names, unless it is what was wished for last. */
  wish(placed: Placed): void {
    const key = JSON.stringify([placed.model, placed.device]);
    if (this.#wished === key) return;
    this.#wished = key;
    const { model } = placed;
    switch (model.kind) {
      case "files":
        this.#wishFiles(model.name, placed);
        return;
      case "checkpoint":
        this.#wishCheckpoint(model, placed);
        return;
      default:
        this.#ask(model, placed);
    }
  }

  #wishFiles(name: string, placed: Placed): void {
    const dropped = this.#dropped.get(name);
    if (dropped !== undefined) this.#ask(sourceOf(dropped), placed, dropped);
    else {
      this.#missFiles(
        `This is about ${name}, a model from files, which no link holds: drop its files onto the page.`,
      );
    }
  }

  #wishCheckpoint(model: CheckpointChoice, placed: Placed): void {
    // A run that is trained thins out its checkpoints: in place of one that is gone stands the latest.
    const found = this.#runs.find(model) ?? this.#runs.latest(model.run);
    if (found !== undefined) {
      const { run, checkpoint } = found;
      const kept = { kind: "checkpoint", run: run.name, checkpoint: checkpoint.name } as const;
      this.#ask(checkpoint.source, { ...placed, model: kept });
    } else {
      this.#missFiles(
        `This is about ${model.checkpoint} of the run ${model.run}, which no link holds: drop the run's folder onto the page, or open it by lookback workbench --run.`,
      );
    }
  }

  /** Loads files, which become the model of the state only once they are known to be one. */
  open(dropped: Dropped, device: DeviceChoice): void {
    // The state still names the model before, whose wish stands: what else is changed meanwhile asks for none.
    this.#ask(sourceOf(dropped), { model: { kind: "files", name: "" }, device }, dropped);
  }

  /** What is wished for next is loaded, even if it is called as what was wished for last. */
  forgetWish(): void {
    this.#wished = "";
  }

  /** Asks once more for what did not come. */
  tryAgain(): void {
    const { missed } = this;
    this.#wished = "";
    if (missed !== null) this.wish(missed);
  }

  /** What did not come is no longer spoken of. */
  dismiss(): void {
    this.missed = null;
    this.found = { ...this.found, problem: undefined };
  }

  /** Stops loading. */
  cancel(): void {
    this.#client.cancel("load");
    this.found = { ...this.found, isWorking: false };
    this.#goBack();
  }

  #ask(source: ModelSource, placed: Placed, dropped?: Dropped): void {
    this.missed = null;
    this.found = { ...this.found, problem: undefined, isWorking: true, share: 0, words: "" };
    this.#client.ask(
      "load",
      { source, device: placed.device },
      {
        onProgress: (share, words) => {
          this.found = { ...this.found, share, words };
        },
        onProblem: ({ message }) => {
          if (dropped === undefined) this.missed = placed;
          else if (this.#placed === null) this.#wished = ""; // whose load the files had stopped
          this.#miss(message);
        },
        onResult: (info) => {
          this.found = { ...NOTHING, value: info };
          const name = info.name.slice(0, LONGEST_NAME);
          if (dropped !== undefined) this.#dropped.set(name, dropped);
          this.#placed = { ...placed, model: dropped ? { kind: "files", name } : placed.model };
          this.#wished = JSON.stringify([this.#placed.model, this.#placed.device]);
          this.#events.onLoaded(info, this.#placed);
        },
      },
    );
  }

  #missFiles(message: string): void {
    this.#client.cancel("load");
    this.#events.onNotGiven();
    this.#miss(message);
  }

  #miss(message: string): void {
    this.found = { ...this.found, problem: { code: "not-found", message }, isWorking: false };
    this.#goBack();
  }

  /** Where there is a model, it is the one that was wished for after all. */
  #goBack(): void {
    if (this.#placed !== null) {
      this.#wished = JSON.stringify([this.#placed.model, this.#placed.device]);
    }
    this.#events.onMissed();
  }
}

function sourceOf({ files, folder }: Dropped): ModelSource {
  return { kind: "files", files, folder };
}
