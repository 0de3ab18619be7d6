/**
 * @file The bench: the state with its history, and what the worker found out about it. A result belongs to
 * a question, and is asked anew when the part of the state that the question is made of changes.
 */

import type { HeadCard } from "../../../src/hypothesis/head-card.ts";
import type { HeadIndex } from "../../../src/model/heads.ts";
import type { SessionCommand } from "../../../src/session/commands.ts";
import type { SessionTableRow } from "../../../src/session/table.ts";
import { type Listener, WorkerClient } from "../worker/client.ts";
import type {
  ModelInfo,
  ModelSource,
  Problem,
  ShownAnswer,
  ShownAttention,
  ShownPatches,
  ShownPrompts,
  Work,
  WorkKind,
} from "../worker/protocol.ts";
import { hasCorrupted, withModel } from "./actions.ts";
import { advanced, type History, historyOf, redone, undone } from "./history.ts";
import { linkOf, stateOfLink } from "./link.ts";
import { INITIAL_STATE, patchDirection, type State, tableAxis } from "./state.ts";

/** What has come of one kind of question. */
export interface Found<T> {
  /** The latest result, or part of one; it stays while the next is on its way. */
  readonly value: T | undefined;
  readonly problem: Problem | undefined;
  readonly isWorking: boolean;
  /** Of the work under way, 0 to 1. */
  readonly share: number;
  readonly words: string;
}

const NOTHING: Found<never> = {
  value: undefined,
  problem: undefined,
  isWorking: false,
  share: 0,
  words: "",
};

/** How long the state rests before it is written into the address, in milliseconds. */
const ADDRESS_DELAY = 250;

/** All that the views draw. */
export class Bench {
  #history: History<State> = $state.raw(historyOf(INITIAL_STATE));
  model: Found<ModelInfo> = $state.raw(NOTHING);
  roles: Found<readonly HeadCard[]> = $state.raw(NOTHING);
  prompts: Found<ShownPrompts> = $state.raw(NOTHING);
  attention: Found<ShownAttention> = $state.raw(NOTHING);
  answer: Found<ShownAnswer> = $state.raw(NOTHING);
  patches: Found<ShownPatches> = $state.raw(NOTHING);
  /** Rows of the table by their places; those to come are missing. */
  table: Found<readonly (SessionTableRow | undefined)[]> = $state.raw(NOTHING);
  /** What the page has to say of itself: a link that cannot be read, a worker that died. */
  notice: string | undefined = $state.raw(undefined);

  readonly #client: WorkerClient;
  readonly #asked = new Map<WorkKind, string>();
  #addressTimer: ReturnType<typeof setTimeout> | undefined;
  /** Files that were dropped: they are in no link. */
  #files: readonly File[] = [];

  constructor(worker: Worker) {
    this.#client = new WorkerClient(worker, (message) => {
      this.notice = `The worker has stopped (${message}). Reload the page to start it again.`;
    });
  }

  get state(): State {
    return this.#history.present;
  }

  get canUndo(): boolean {
    return this.#history.past.length > 0;
  }

  get canRedo(): boolean {
    return this.#history.future.length > 0;
  }

  /** The head that is looked at: as chosen, or else the one that does most induction. */
  get head(): HeadIndex {
    const { head } = this.state.look;
    const info = this.model.value;
    if (info === undefined) return head ?? { layer: 0, head: 0 };
    const { n_layers, n_heads } = info.config;
    return head !== null && head.layer < n_layers && head.head < n_heads ? head : info.lead;
  }

  /** Whether anything is on its way. */
  get isWorking(): boolean {
    return [
      this.model,
      this.roles,
      this.prompts,
      this.attention,
      this.answer,
      this.patches,
      this.table,
    ].some(({ isWorking }) => isWorking);
  }

  /** Starts from the address, and follows it. */
  start(): void {
    this.#readAddress();
    addEventListener("hashchange", () => {
      if (location.hash !== `#${linkOf(this.state)}`) this.#readAddress();
    });
  }

  /** Goes on to a state; `kind` names the step, so that many of a kind in quick succession are one. */
  go(next: State, kind: string): void {
    if (JSON.stringify(next) === JSON.stringify(this.state)) return;
    this.#history = advanced(this.#history, next, kind, performance.now());
    this.#follow();
  }

  undo(): void {
    this.#history = undone(this.#history);
    this.#follow();
  }

  redo(): void {
    this.#history = redone(this.#history);
    this.#follow();
  }

  /** Takes files for a model. */
  openFiles(files: readonly File[]): void {
    this.#files = files;
    this.#askModel({ kind: "files", files });
  }

  /** Asks on behalf of a figure of the story, which keeps the result itself. */
  askFor<K extends "attention" | "answer" | "patches" | "table">(
    asker: string,
    kind: K,
    ask: Work[K]["ask"],
    listener: Listener<K>,
  ): void {
    this.#client.ask(kind, ask, listener, asker);
  }

  /** Drops what was asked so. */
  cancelFor(asker: string): void {
    this.#client.cancel(asker);
  }

  /** The command lines of a state. */
  askCommands(state: State, onFound: (commands: readonly SessionCommand[]) => void): void {
    const { session, look, model } = state;
    const views = {
      matrix: { ...look.patches, direction: patchDirection(session) },
      ...(look.table && { table: tableAxis(look.table) }),
      ...(model.kind === "hub" && { model: model.id }),
    };
    const nothing = () => onFound([]);
    this.#client.ask(
      "commands",
      { spec: session, views },
      { onResult: onFound, onProblem: nothing },
    );
  }

  /** Drops what is being loaded, or computed in many steps. */
  cancel(kind: "patches" | "table"): void {
    this.#client.cancel(kind);
    this[kind] = { ...this[kind], isWorking: false, share: 0, words: "" } as never;
  }

  /** Stops loading. */
  cancelLoading(): void {
    this.#client.cancel("load");
    this.model = { ...this.model, isWorking: false };
  }

  #readAddress(): void {
    try {
      const state = stateOfLink(location.hash);
      this.#history = historyOf(state ?? INITIAL_STATE);
      this.notice = undefined;
    } catch (error) {
      this.notice = error instanceof Error ? error.message : String(error);
    }
    this.#follow();
  }

  /** Asks for whatever no longer fits the state. */
  #follow(): void {
    clearTimeout(this.#addressTimer);
    this.#addressTimer = setTimeout(() => {
      const link = linkOf(this.state);
      history.replaceState(null, "", `#${link}`);
    }, ADDRESS_DELAY);
    const { model, device } = this.state;
    const key = JSON.stringify([model, device]);
    if (this.#asked.get("load") !== key) {
      this.#asked.set("load", key);
      if (model.kind === "files") {
        if (this.#files.length > 0) this.#askModel({ kind: "files", files: this.#files });
        else this.#missFiles(model.name);
      } else this.#askModel(model);
      return;
    }
    if (this.model.value !== undefined && !this.model.isWorking) this.#askViews();
  }

  #missFiles(name: string): void {
    const message = `This link is about ${name}, a model from files, which no link holds: drop its files onto the page.`;
    this.model = { ...NOTHING, problem: { code: "not-found", message } };
  }

  #askModel(source: ModelSource): void {
    this.model = { ...this.model, problem: undefined, isWorking: true, share: 0, words: "" };
    this.#client.ask(
      "load",
      { source, device: this.state.device },
      {
        onProgress: (share, words) => {
          this.model = { ...this.model, share, words };
        },
        onProblem: (problem) => {
          this.model = { ...this.model, problem, isWorking: false };
          if (this.model.value !== undefined) this.#askViews();
        },
        onResult: (value) => {
          this.model = { ...NOTHING, value };
          for (const kind of [
            "roles",
            "prompts",
            "attention",
            "answer",
            "patches",
            "table",
          ] as const) {
            this.#asked.delete(kind);
          }
          this.roles = NOTHING;
          if (source.kind === "files") this.#settleFiles(value.name);
          this.#askViews();
        },
      },
    );
  }

  /** Dropped files become the model of the state only once they are known to be one. */
  #settleFiles(name: string): void {
    const { model } = this.state;
    if (model.kind === "files" && model.name === name) return;
    const next = withModel(this.state, { kind: "files", name });
    this.#asked.set("load", JSON.stringify([next.model, next.device]));
    this.go(next, "model");
  }

  #askViews(): void {
    const { session, look } = this.state;
    const { prompt } = look;
    this.#ask("prompts", { spec: session, row: prompt === "mean" ? 0 : prompt }, [
      session.prompt,
      prompt,
    ]);
    this.#ask("attention", { spec: session, prompt }, [{ ...session, answers: null }, prompt]);
    this.#ask("answer", { spec: session, prompt }, [session, prompt]);
    this.#ask("roles", {}, []);
    if (hasCorrupted(session.prompt)) {
      const what = { ...look.patches, direction: patchDirection(session) };
      this.#ask("patches", { spec: session, ...what }, [session, what]);
    } else {
      this.#client.cancel("patches");
      this.#asked.delete("patches");
      this.patches = NOTHING;
    }
    this.#askTable();
  }

  #askTable(): void {
    const { session, look } = this.state;
    if (look.table === null || session.prompt.kind !== "repeated") {
      this.#client.cancel("table");
      this.#asked.delete("table");
      this.table = NOTHING;
      return;
    }
    const axis = tableAxis(look.table);
    const key = JSON.stringify([
      { ...session, prompt: { ...session.prompt, [axis.over]: 0 } },
      axis,
    ]);
    if (this.#asked.get("table") === key) return;
    this.#asked.set("table", key);
    this.table = { ...NOTHING, value: axis.values.map(() => undefined), isWorking: true };
    this.#client.ask(
      "table",
      { spec: session, axis },
      {
        onProgress: (share) => {
          this.table = { ...this.table, share };
        },
        onPart: ({ row, index }) => {
          const value = this.table.value?.with(index, row);
          this.table = { ...this.table, value };
        },
        onProblem: (problem) => {
          this.table = { ...this.table, problem, isWorking: false };
        },
        onResult: (value) => {
          this.table = { ...NOTHING, value };
        },
      },
    );
  }

  /** Asks a question unless it is the one that was asked last. */
  #ask<K extends "roles" | "prompts" | "attention" | "answer" | "patches">(
    kind: K,
    ask: Work[K]["ask"],
    about: readonly unknown[],
  ): void {
    const key = JSON.stringify(about);
    if (this.#asked.get(kind) === key) return;
    this.#asked.set(kind, key);
    type Of = Found<Work[K]["result"]>;
    const set = (found: Partial<Of>) => {
      this[kind] = { ...this[kind], ...found } as never;
    };
    set({ isWorking: true, share: 0, words: "" } as Partial<Of>);
    this.#client.ask(kind, ask, {
      onProgress: (share) => set({ share } as Partial<Of>),
      onPart: (value) => set({ value, problem: undefined } as unknown as Partial<Of>),
      onProblem: (problem) => set({ problem, isWorking: false } as Partial<Of>),
      onResult: (value) =>
        set({ value, problem: undefined, isWorking: false, share: 1 } as unknown as Partial<Of>),
    });
  }
}
