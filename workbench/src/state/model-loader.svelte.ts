/** @file The model that is there, and the one that is on its way. */

import type { WorkerClient } from "../worker/client.ts";
import type { DeviceChoice, ModelInfo, ModelSource } from "../worker/protocol.ts";
import type { Dropped } from "./dropped-files.ts";
import { type Found, NOTHING } from "./found.ts";
import type { ModelChoice } from "./state.ts";

/** A model and where it runs, as a state names them. */
export interface Placed {
  readonly model: ModelChoice;
  readonly device: DeviceChoice;
}

/** Who is told what comes of loading. */
export interface LoaderEvents {
  /** There is another model, known by this name. */
  readonly onLoaded: (info: ModelInfo, placed: Placed) => void;
  /** The model that was wished for does not come. */
  readonly onMissed: () => void;
}

/** What names can be in a link. */
const LONGEST_NAME = 200;

/** Loads models; the latest wish wins, and the model that is there stays until the next is whole. */
export class ModelLoader {
  found: Found<ModelInfo> = $state.raw(NOTHING);
  /** What was wished for and did not come, if the network may give it another time. */
  missed: Placed | null = $state.raw(null);
  readonly #client: WorkerClient;
  readonly #events: LoaderEvents;
  /** What the model that is there was wished for as. */
  #placed: Placed | null = null;
  #wished = "";
  /** Files that were dropped, by the name of their model: they are in no link. */
  readonly #dropped = new Map<string, Dropped>();

  constructor(client: WorkerClient, events: LoaderEvents) {
    this.#client = client;
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
    if (model.kind !== "files") {
      this.#ask(model, placed);
      return;
    }
    const dropped = this.#dropped.get(model.name);
    if (dropped !== undefined) this.#ask({ kind: "files", ...dropped }, placed, dropped);
    else {
      this.#client.cancel("load");
      this.#miss(
        `This is about ${model.name}, a model from files, which no link holds: drop its files onto the page.`,
      );
    }
  }

  /** Loads files, which become the model of the state only once they are known to be one. */
  open(dropped: Dropped, device: DeviceChoice): void {
    this.#wished = "";
    this.#ask(
      { kind: "files", ...dropped },
      { model: { kind: "files", name: "" }, device },
      dropped,
    );
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
