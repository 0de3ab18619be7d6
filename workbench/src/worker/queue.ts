/**
 * @file Whose turn it is on the model: one job at a time, the most urgent first. A job of many steps lets
 * more urgent ones in between, and a job for which nobody waits makes way for any other.
 */

/** What `run` is given. */
export interface Turn {
  /** Aborted when the job is cancelled, or has to make way; then it is to say nothing more. */
  readonly signal: AbortSignal;
  /** Lets more urgent jobs have their turns. */
  readonly pause: () => Promise<void>;
}

/** Something to be done. */
export interface Job {
  readonly id: number;
  /** The lowest comes first. */
  readonly rank: number;
  /**
   * `background`: nobody waits for it. It begins once all has been quiet for a while, and begins again
   * later where something else comes in. `exclusive`: it changes what the others run on, so these make way
   * for it and begin again behind it.
   */
  readonly manner?: "background" | "exclusive";
  /** Never rejects. */
  readonly run: (turn: Turn) => Promise<void>;
}

interface Entry {
  readonly job: Job;
  readonly cancellation: AbortController;
  hasToMakeWay: boolean;
}

function entryOf(job: Job): Entry {
  return { job, cancellation: new AbortController(), hasToMakeWay: false };
}

/** The jobs that wait, and those that have their turn. */
export class Queue {
  readonly #quietTime: number;
  #waiting: Entry[] = [];
  /** One, and within its pauses others; the innermost last. */
  readonly #running: Entry[] = [];
  #quiet: ReturnType<typeof setTimeout> | undefined;

  /** @param quietTime how long nothing may be asked before background work begins, in milliseconds. */
  constructor(quietTime: number) {
    this.#quietTime = quietTime;
  }

  add(job: Job): void {
    for (const entry of this.#running) {
      const makesWay = job.manner === "exclusive" || entry.job.manner === "background";
      if (!makesWay || entry.cancellation.signal.aborted) continue;
      entry.hasToMakeWay = true;
      entry.cancellation.abort();
    }
    this.#wait(entryOf(job));
    void this.#next();
  }

  /** Drops a job, whether it waits or runs. */
  cancel(id: number): void {
    this.#waiting = this.#waiting.filter(({ job }) => job.id !== id);
    for (const entry of this.#running) {
      if (entry.job.id !== id) continue;
      entry.hasToMakeWay = false;
      entry.cancellation.abort();
    }
  }

  #wait(entry: Entry): void {
    this.#waiting.push(entry);
    this.#waiting.sort((a, b) => a.job.rank - b.job.rank);
  }

  async #next(): Promise<void> {
    clearTimeout(this.#quiet);
    if (this.#running.length > 0) return;
    const [first] = this.#waiting;
    if (first === undefined) return;
    if (first.job.manner === "background") {
      this.#quiet = setTimeout(() => this.#take(first), this.#quietTime);
      return;
    }
    await this.#take(first);
  }

  async #take(entry: Entry): Promise<void> {
    if (!this.#waiting.includes(entry)) return;
    await this.#run(entry);
    void this.#next();
  }

  async #run(entry: Entry): Promise<void> {
    const { job, cancellation } = entry;
    this.#waiting = this.#waiting.filter((other) => other !== entry);
    this.#running.push(entry);
    await job.run({ signal: cancellation.signal, pause: () => this.#letIn(entry) });
    this.#running.splice(this.#running.indexOf(entry), 1);
    if (entry.hasToMakeWay) this.#wait(entryOf(job));
  }

  async #letIn({ job, cancellation }: Entry): Promise<void> {
    // Messages come in between tasks, and awaiting what is at hand is none.
    await new Promise((resolve) => setTimeout(resolve));
    for (;;) {
      const [first] = this.#waiting;
      if (first === undefined || first.job.rank >= job.rank) return;
      if (first.job.manner !== undefined || cancellation.signal.aborted) return;
      await this.#run(first);
    }
  }
}
