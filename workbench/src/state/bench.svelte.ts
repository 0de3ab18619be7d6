/** @file The bench: the state with its history and its address, the model, and where a run stands. */

import type { HeadIndex } from "../../../src/model/heads.ts";
import type { SessionCommand } from "../../../src/session/commands.ts";
import { type Run, retaining } from "../runs/run.ts";
import { fetchServedRun, followServedRun, servesRun } from "../runs/served-run.ts";
import { WorkerClient } from "../worker/client.ts";
import type { ModelInfo } from "../worker/protocol.ts";
import { withCheckpoint, withModel } from "./actions.ts";
import { Address } from "./address.ts";
import { Awaited } from "./awaited.ts";
import type { Dropped } from "./dropped-files.ts";
import type { Found } from "./found.ts";
import { advanced, type History, historyOf, redone, undone } from "./history.ts";
import { linkOf, stateOfLink } from "./link.ts";
import { ModelLoader, type Placed } from "./model-loader.svelte.ts";
import { opened } from "./opened.ts";
import { latestOf, type PlacedCheckpoint, Runs } from "./runs.svelte.ts";
import { commandViews, INITIAL_STATE, type State } from "./state.ts";
import { ViewQuestions } from "./view-questions.svelte.ts";

/** The bench, for all that draws it. */
export class Bench {
  readonly client: WorkerClient;
  readonly runs = new Runs();
  /** What the views draw. */
  readonly views: ViewQuestions;

  /** What the page has to say of itself: a link that cannot be read, a worker that died. */
  notice: string | undefined = $state.raw(undefined);

  /** Whether the server's run is on its way. */
  awaitsRun = $state(false);

  /** Whether the views go on to each new checkpoint of a run that is being trained. */
  followsTraining = $state(false);

  #history: History<State> = $state.raw(historyOf(INITIAL_STATE));
  readonly #loader: ModelLoader;
  readonly #address = new Address();
  readonly #awaited = new Awaited();

  constructor(worker: Worker) {
    this.client = new WorkerClient(worker, (message) => {
      this.notice = `The worker has stopped (${message}). Reload the page to start it again.`;
    });
    this.views = new ViewQuestions(this.client);
    this.#loader = new ModelLoader(this.client, this.runs, {
      onLoaded: (_, placed) => this.#takeModel(placed),
      onNotGiven: () => this.#awaited.keep(this.state),
      onMissed: () => this.#keepModel(),
    });
  }

  get state(): State {
    return this.#history.present;
  }

  /** The state of what is shown, which is of the model that is there while another is on its way. */
  get shownState(): State {
    const { placed } = this.#loader;
    return placed === null ? this.state : { ...this.state, ...placed };
  }

  get canUndo(): boolean {
    return this.#history.past.length > 0;
  }

  get canRedo(): boolean {
    return this.#history.future.length > 0;
  }

  /** The model that is there, and what is heard of the one that is on its way. */
  get model(): Found<ModelInfo> {
    return this.#loader.found;
  }

  /** Whether what did not load may be tried again. */
  get canTryAgain(): boolean {
    return this.#loader.missed !== null;
  }

  /** The checkpoint that the state names, if it names one of a run that is known here. */
  get checkpoint(): PlacedCheckpoint | undefined {
    const { model } = this.state;
    return model.kind === "checkpoint" ? this.runs.find(model) : undefined;
  }

  /** The head that is looked at: as chosen, or else the one that does most induction. */
  get head(): HeadIndex {
    const { head } = this.state.look;
    const info = this.model.value;
    if (info === undefined) return head ?? { layer: 0, head: 0 };
    const { n_layers, n_heads } = info.config;
    return head !== null && head.layer < n_layers && head.head < n_heads ? head : info.lead;
  }

  /** Whether what is shown of a question is of an earlier one, or of another model than the chosen. */
  isOld({ value, isOld }: Pick<Found<unknown>, "value" | "isOld">): boolean {
    const { placed } = this.#loader;
    const isOfOther = placed !== null && !isOf(this.state, placed);
    return isOld || (isOfOther && value !== undefined);
  }

  /** Whether anything is on its way that somebody waits for. */
  get isWorking(): boolean {
    return this.model.isWorking || this.views.isWorking;
  }

  /** Starts from the address, and follows it. A run that the server has is what the page opens on. */
  async start(): Promise<void> {
    let served: Run | undefined;
    if (servesRun(location)) {
      this.awaitsRun = true;
      try {
        served = await fetchServedRun();
        this.runs.put(served);
      } catch (error) {
        this.notice = messageOf(error);
      }
      this.awaitsRun = false;
    }
    const { notice } = this;
    this.#readAddress(served && { ...INITIAL_STATE, model: latestOf(served) });
    this.notice ??= notice;
    if (served?.isTraining) void followServedRun((run) => this.#takeNews(run));
    this.#address.follow(() => {
      if (location.hash !== `#${linkOf(this.state)}`) this.#travel();
    });
  }

  /** A run as it is by now. */
  #takeNews(run: Run): void {
    const { checkpoint: at } = this;
    if (at?.run.name !== run.name) {
      this.runs.put(run);
      return;
    }
    const retained = retaining(run, at.checkpoint);
    this.runs.put(retained);
    if (this.followsTraining) this.goToCheckpoint(retained.checkpoints.length - 1);
  }

  /**
   * Goes on to a state. Steps of one `motion`, such as a slider's, in quick succession are undone as one.
   * Another page is no step to undo, but an entry of the browser's history.
   */
  go(next: State, motion: string | null = null): void {
    if (isSame(next, this.state)) return;
    if (next.page !== this.state.page) this.#address.push(linkOf(this.state), linkOf(next));
    this.#advance(next, motion);
  }

  undo(): void {
    this.#step(undone(this.#history));
  }

  redo(): void {
    this.#step(redone(this.#history));
  }

  #advance(next: State, motion: string | null): void {
    const isPageAlone = isSame({ ...next, page: this.state.page }, this.state);
    this.#history = isPageAlone
      ? { ...this.#history, present: next }
      : advanced(this.#history, next, motion, performance.now());
    this.#follow();
  }

  /** One step along the history, on the page that is open. */
  #step(history: History<State>): void {
    const { page } = this.state;
    this.#history = { ...history, present: { ...history.present, page } };
    this.#follow();
  }

  /** Takes files: a model, a run, an archive of either, or a state that was saved. */
  async openFiles(given: Dropped): Promise<void> {
    try {
      const { state, run, model } = await opened(given);
      this.dismissNotices(); // which were of what was given before
      if (state !== undefined) this.go(state);
      else if (run !== undefined) this.openRun(run);
      else if (model !== undefined) this.#loader.open(model, this.state.device);
    } catch (error) {
      this.notice = messageOf(error);
    }
  }

  /** Takes in a run and goes to a checkpoint of it: the one that the state or a link is about, or the last. */
  openRun(run: Run): void {
    const { state } = this;
    const awaited = this.#awaited.take(latestOf(run));
    this.runs.put(run);
    this.#loader.forgetWish(); // it may be another run of the same name
    const known = [state, awaited].find((each) => {
      const isOfRun = each?.model.kind === "checkpoint" && each.model.run === run.name;
      return isOfRun && this.runs.find(each.model) !== undefined;
    });
    if (known === state) this.#follow();
    else this.go(known ? { ...known, page: state.page } : withModel(state, latestOf(run)));
  }

  /** Opens the bench on the last checkpoint of a run. */
  lookInto(run: Run): void {
    this.runs.put(run);
    this.#loader.forgetWish(); // a link may have been about one of the same name
    this.go({ ...withModel(this.state, latestOf(run)), page: "bench" });
  }

  /** Goes to the checkpoint at an index of the run that is open. */
  goToCheckpoint(index: number): void {
    const { checkpoint: at } = this;
    const checkpoint = at?.run.checkpoints[index];
    if (at === undefined || checkpoint === undefined) return;
    const model = { kind: "checkpoint", run: at.run.name, checkpoint: checkpoint.name } as const;
    this.go(withCheckpoint(this.state, model, this.head), "checkpoint");
  }

  /** Stops loading. */
  cancelLoading(): void {
    this.#loader.cancel();
  }

  /** Asks once more for a model that did not come. */
  tryAgain(): void {
    const { missed, placed } = this.#loader;
    if (missed === null) return;
    if (placed === null) this.#loader.tryAgain();
    else this.go({ ...withModel(this.state, missed.model), device: missed.device });
  }

  /** What the page has said of itself and of models has been read. */
  dismissNotices(): void {
    this.notice = undefined;
    this.#loader.dismiss();
  }

  /** The command lines of a state. */
  askCommands(state: State, onFound: (commands: readonly SessionCommand[]) => void): void {
    const { session, model } = state;
    const checkpoint = model.kind === "checkpoint" ? this.runs.find(model) : undefined;
    const views = {
      ...commandViews(state),
      ...(model.kind === "hub" && { model: model.id }),
      ...(model.kind === "files" && { model: `./${model.name}` }),
      ...(checkpoint && { model: `${checkpoint.run.folder}/${checkpoint.checkpoint.name}` }),
    };
    const onProblem = () => onFound([]);
    this.client.ask("commands", { spec: session, views }, { onResult: onFound, onProblem });
  }

  /** Goes where the browser's history or its reader has gone; what was done before can still be undone. */
  #travel(): void {
    try {
      this.#advance(stateOfLink(location.hash) ?? INITIAL_STATE, null);
      this.notice = undefined;
    } catch (error) {
      this.notice = messageOf(error);
      this.#follow();
    }
  }

  #readAddress(otherwise: State = INITIAL_STATE): void {
    try {
      const state = stateOfLink(location.hash);
      this.#history = historyOf(state ?? otherwise);
      this.notice = undefined;
    } catch (error) {
      this.notice = messageOf(error);
    }
    this.#follow();
  }

  /** Asks for whatever no longer fits the state. */
  #follow(): void {
    this.#address.write(() => linkOf(this.state));
    const { model, device } = this.state;
    this.#loader.wish({ model, device });
    if (this.model.value !== undefined) this.views.ask(this.state);
  }

  #takeModel(placed: Placed): void {
    this.views.outdate();
    const awaited = this.#awaited.take(placed.model);
    if (isOf(this.state, placed)) this.views.ask(this.state);
    else {
      // Of a model from files the state hears only now.
      const next = awaited ?? withModel(this.state, placed.model);
      this.go({ ...next, ...placed, page: this.state.page });
    }
  }

  /** A model that did not come leaves the state with the one that is there, and what was done to that. */
  #keepModel(): void {
    const { placed } = this.#loader;
    if (placed === null || isOf(this.state, placed)) return;
    const before = undone(this.#history);
    const { page } = this.state;
    this.#history = isOf(before.present, placed)
      ? { ...before, present: { ...before.present, page } }
      : { ...this.#history, present: { ...this.state, ...placed } };
    this.#address.write(() => linkOf(this.state));
    this.views.ask(this.state);
  }
}

function isSame(a: State, b: State): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function isOf({ model, device }: State, placed: Placed): boolean {
  return JSON.stringify([model, device]) === JSON.stringify([placed.model, placed.device]);
}
