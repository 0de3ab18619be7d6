/** @file What a section of the story has asked for, and what came of it. */

import type { SessionAnswer } from "../../../src/session/answer.ts";
import type { SessionSpec } from "../../../src/session/spec.ts";
import type { SessionTableRow } from "../../../src/session/table.ts";
import type { Bench } from "../state/bench.svelte.ts";
import { patchDirection, type TableChoice, tableAxis } from "../state/state.ts";
import type { Listener } from "../worker/client.ts";
import type {
  Problem,
  ShownAnswer,
  ShownAttention,
  ShownPatches,
  Work,
} from "../worker/protocol.ts";
import type { StorySection } from "./sections.ts";

/** The work of one section. */
export class StoryWork {
  answer: SessionAnswer | undefined = $state.raw(undefined);
  attention: ShownAttention | undefined = $state.raw(undefined);
  rows: readonly (SessionTableRow | undefined)[] = $state.raw([]);
  patches: ShownPatches | undefined = $state.raw(undefined);
  problem: Problem | undefined = $state.raw(undefined);
  isWorking = $state(false);

  readonly #bench: Bench;
  readonly #section: StorySection;

  constructor(bench: Bench, section: StorySection) {
    this.#bench = bench;
    this.#section = section;
  }

  get #asker(): string {
    return `story ${this.#section.id}`;
  }

  cancel(): void {
    this.#bench.cancelFor(this.#asker);
    this.isWorking = false;
  }

  ask(): void {
    const { session, figure } = this.#section;
    const looked = { spec: session, prompt: "mean" } as const;
    this.isWorking = true;
    this.problem = undefined;
    /** Takes the result, and with it the work is done. */
    const taking = <T>(take: (result: T) => void) => ({
      onProblem: (problem: Problem) => {
        this.problem = problem;
        this.isWorking = false;
      },
      onResult: (result: T) => {
        take(result);
        this.isWorking = false;
      },
    });
    switch (figure.kind) {
      case "answer": {
        const take = ({ now }: ShownAnswer) => {
          this.answer = now;
        };
        this.#bench.askFor(this.#asker, "answer", looked, taking(take));
        return;
      }
      case "row":
      case "patterns": {
        const take = (attention: ShownAttention) => {
          this.attention = attention;
        };
        this.#bench.askFor(this.#asker, "attention", looked, taking(take));
        return;
      }
      case "table":
        this.#askTable(session, figure.table, taking);
        return;
      case "patches": {
        const what = { component: "z", by: "head", direction: patchDirection(session) } as const;
        const take = (patches: ShownPatches) => {
          this.patches = patches;
        };
        const ask = { spec: session, ...what };
        this.#bench.askFor(this.#asker, "patches", ask, { ...taking(take), onPart: take });
      }
    }
  }

  #askTable(
    spec: SessionSpec,
    table: TableChoice,
    taking: (take: (rows: readonly SessionTableRow[]) => void) => Listener<"table">,
  ): void {
    const axis = tableAxis(table);
    this.rows = axis.values.map(() => undefined);
    const listener = taking((rows) => {
      this.rows = rows;
    });
    const onPart = ({ row, index }: Work["table"]["part"]) => {
      this.rows = this.rows.with(index, row);
    };
    this.#bench.askFor(this.#asker, "table", { spec, axis }, { ...listener, onPart });
  }
}
