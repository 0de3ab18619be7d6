/** @file Where a training run stands, read from its folder while it is written. */

import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { runDevelopment } from "../development/development.ts";
import { LookbackError } from "../errors.ts";
import { RUN_FILES, runPath } from "../node/run/run-files.ts";
import { isTraining } from "../node/run/run-lock.ts";
import { readLog } from "../node/run/run-log.ts";
import type { WatchedStanding, WatchView } from "../report/development/watch-screen.ts";
import { tokensPerStep, totalSteps } from "../training/recipe.ts";
import { aboutRun, type DevelopmentLog, developmentLog, lossesOf } from "./development-log.ts";
import { type DevelopmentSource, developmentSource } from "./development-source.ts";

/** Lines of the log that tell the speed of late: of a hundred steps. */
const RECENT_LINES = 11;

function speedOf({ steps }: DevelopmentLog): number | null {
  const recent = steps.slice(-RECENT_LINES);
  const [first, last] = [recent[0], recent.at(-1)];
  if (first === undefined || last === undefined || last.seconds <= first.seconds) return null;
  return (last.tokens - first.tokens) / (last.seconds - first.seconds);
}

function standingOf(
  { recipe }: DevelopmentSource,
  log: DevelopmentLog,
  isRunning: boolean,
): WatchedStanding {
  const last = log.steps.at(-1);
  const step = last?.step ?? 0;
  const tokens = last?.tokens ?? 0;
  const steps = recipe && totalSteps(recipe);
  const tokensPerSecond = speedOf(log);
  const isDone = steps !== null && step >= steps;
  const left =
    recipe === null || steps === null || tokensPerSecond === null
      ? null
      : ((steps - step) * tokensPerStep(recipe)) / tokensPerSecond;
  return {
    state: isRunning ? "running" : isDone ? "finished" : "stopped",
    stage: last === undefined && log.bigrams !== null ? "bigrams" : "training",
    step,
    steps,
    tokens,
    tokensPerSecond,
    secondsLeft: left,
    bigrams: log.bigrams,
  };
}

const PREPARING: WatchedStanding = {
  state: "running",
  stage: "corpus",
  step: 0,
  steps: null,
  tokens: 0,
  tokensPerSecond: null,
  secondsLeft: null,
  bigrams: null,
};

/** A run that is read again and again. */
export class WatchedRun {
  readonly path: string;
  #source: DevelopmentSource | undefined;
  #size = -1;
  #log: DevelopmentLog = { looks: [], steps: [], bigrams: null };
  #view: Omit<WatchView, "standing"> | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * The run as it stands.
   *
   * @throws LookbackError `not-found` where there is no run; `bad-file` for a log that is damaged.
   */
  async read(): Promise<WatchView> {
    const isRunning = isTraining(this.path);
    const name = basename(resolve(this.path));
    if (this.#source === undefined) {
      const hasRecipe = (await stat(runPath(this.path, "recipe")).catch(() => null)) !== null;
      if (!hasRecipe && isRunning) return { name, standing: PREPARING, losses: [], run: null };
      if (!hasRecipe) {
        throw new LookbackError(
          "not-found",
          `${this.path} is no training run: there is no ${RUN_FILES.recipe} in it`,
          { path: this.path },
        );
      }
      this.#source = await developmentSource(this.path);
    }
    const source = this.#source;
    const view = await this.#readLog(source);
    return { ...view, standing: standingOf(source, this.#log, isRunning) };
  }

  /** Reads the log where it has changed. */
  async #readLog(source: DevelopmentSource): Promise<Omit<WatchView, "standing">> {
    const path = runPath(this.path, "log");
    const size = (await stat(path).catch(() => undefined))?.size ?? 0;
    if (this.#view !== undefined && size === this.#size) return this.#view;
    this.#log = developmentLog(await readLog(this.path), path);
    this.#size = size;
    const { name } = source;
    const losses = lossesOf(this.#log);
    const { looks } = this.#log;
    const about = aboutRun(source.config, source.recipe);
    const run =
      looks.length === 0
        ? null
        : runDevelopment({ name, about, counts: source.counts, looks, losses });
    this.#view = { name, losses, run };
    return this.#view;
  }
}
