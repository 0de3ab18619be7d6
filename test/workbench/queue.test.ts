/** @file Whose turn it is in the worker. */

import { describe, expect, it } from "vitest";
import { type Job, Queue, type Turn } from "../../workbench/src/worker/queue.ts";

const QUIET = 20;

/** Jobs that write down when they begin, go on and end, and wait where they are told to. */
class Notes {
  readonly seen: string[] = [];
  readonly queue = new Queue(QUIET);
  #id = 0;

  add(
    name: string,
    rank: number,
    {
      manner,
      steps = 1,
      onStep,
    }: Pick<Job, "manner"> & { steps?: number; onStep?: (step: number) => void } = {},
  ): number {
    const id = ++this.#id;
    const run = async ({ signal, pause }: Turn) => {
      for (let step = 0; step < steps; step++) {
        this.seen.push(`${name} ${step}`);
        onStep?.(step);
        await pause();
        if (signal.aborted) {
          this.seen.push(`${name} ends`);
          return;
        }
      }
    };
    this.queue.add({ id, rank, run, ...(manner && { manner }) });
    return id;
  }

  /** What was seen once all has been quiet. */
  async settled(): Promise<string[]> {
    let before = -1;
    while (before !== this.seen.length) {
      before = this.seen.length;
      await new Promise((resolve) => setTimeout(resolve, 3 * QUIET));
    }
    return this.seen;
  }
}

describe("the queue", () => {
  it("takes the most urgent first, and of equals the first that came", async () => {
    const notes = new Notes();
    notes.add("running", 5);
    for (const [name, rank] of [
      ["c", 3],
      ["a", 1],
      ["b", 2],
      ["b again", 2],
    ] as const) {
      notes.add(name, rank);
    }
    expect(await notes.settled()).toEqual(["running 0", "a 0", "b 0", "b again 0", "c 0"]);
  });

  it("lets what is more urgent in between the steps of long work, and nothing else", async () => {
    const notes = new Notes();
    notes.add("table", 7, {
      steps: 3,
      onStep: (step) => {
        if (step !== 0) return;
        notes.add("roles", 8);
        notes.add("attention", 3);
      },
    });
    expect(await notes.settled()).toEqual([
      ...["table 0", "attention 0", "table 1", "table 2", "roles 0"],
    ]);
  });

  it("drops what is cancelled, whether it waits or runs", async () => {
    const notes = new Notes();
    let waiting = 0;
    const running = notes.add("table", 7, {
      steps: 9,
      onStep: (step) => {
        if (step === 0) waiting = notes.add("later", 8);
        if (step !== 1) return;
        notes.queue.cancel(running);
        notes.queue.cancel(waiting);
      },
    });
    expect(await notes.settled()).toEqual(["table 0", "table 1", "table ends"]);
  });

  it("does background work when all is quiet; it makes way, and begins again", async () => {
    const notes = new Notes();
    let times = 0;
    notes.add("background", 9, {
      manner: "background",
      steps: 2,
      onStep: (step) => {
        if (step === 0 && times++ === 0) notes.add("attention", 3);
      },
    });
    notes.add("first", 3);
    expect(await notes.settled()).toEqual([
      ...["first 0", "background 0", "background ends"],
      ...["attention 0", "background 0", "background 1"],
    ]);
  });

  it("begins again behind another model what ran on the one before", async () => {
    const notes = new Notes();
    let times = 0;
    notes.add("table", 7, {
      steps: 2,
      onStep: (step) => {
        if (step === 0 && times++ === 0) notes.add("load", 0, { manner: "exclusive" });
      },
    });
    expect(await notes.settled()).toEqual([
      ...["table 0", "table ends", "load 0", "table 0", "table 1"],
    ]);
  });

  it("has nothing left of background work that was cancelled while it made way", async () => {
    const notes = new Notes();
    const background = notes.add("background", 9, {
      manner: "background",
      onStep: () => {
        notes.add("attention", 3);
        notes.queue.cancel(background);
      },
    });
    expect(await notes.settled()).toEqual(["background 0", "background ends", "attention 0"]);
  });
});
