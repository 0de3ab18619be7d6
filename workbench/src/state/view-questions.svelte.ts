/** @file What the views of the bench draw: the questions to the worker that follow from the state. */

import type { HeadCard } from "../../../src/hypothesis/head-card.ts";
import type { WorkerClient } from "../worker/client.ts";
import type { Problem, TableRow } from "../worker/protocol.ts";
import { hasCorrupted } from "./actions.ts";
import { Question } from "./question.svelte.ts";
import { patchDirection, type State, tableAxis } from "./state.ts";

/** A table's rows by their places; those to come are missing. */
export type TableRows = readonly (TableRow | undefined)[];

/** A question about a table, whose rows come in one by one. */
export function tableQuestion(client: WorkerClient, asker: string): Question<"table", TableRows> {
  return new Question<"table", TableRows>(client, "table", {
    asker,
    withPart: (rows, { row, index }) => rows?.with(index, row),
  });
}

/** The questions of the bench, each asked anew when the state that it is about changes. */
export class ViewQuestions {
  readonly prompts: Question<"prompts">;
  readonly attention: Question<"attention">;
  readonly answer: Question<"answer">;
  readonly patches: Question<"patches">;
  readonly table: Question<"table", TableRows>;
  readonly #roles: Question<"roles">;
  /** The same on many prompts: nobody waits for it. */
  readonly #sureRoles: Question<"sureRoles">;

  constructor(client: WorkerClient) {
    this.prompts = new Question(client, "prompts");
    this.attention = new Question(client, "attention");
    this.answer = new Question(client, "answer");
    this.patches = new Question(client, "patches");
    this.table = tableQuestion(client, "table");
    this.#roles = new Question(client, "roles");
    this.#sureRoles = new Question(client, "sureRoles");
  }

  get #ofState() {
    return [this.prompts, this.attention, this.answer, this.patches, this.table] as const;
  }

  /** The cards of all heads. */
  get roles(): readonly HeadCard[] | undefined {
    return this.#sureRoles.value ?? this.#roles.value;
  }

  /** Whether anything is on its way that somebody waits for. */
  get isWorking(): boolean {
    return [this.#roles, ...this.#ofState].some(({ isWorking }) => isWorking);
  }

  /** What is wrong with a view, unless the prompts have said so already. */
  problemOf({ problem }: { readonly problem: Problem | undefined }): Problem | undefined {
    return problem?.message === this.prompts.problem?.message ? undefined : problem;
  }

  /** What is known is of another model from now on. */
  outdate(): void {
    for (const question of this.#ofState) question.outdate();
    this.#roles.forget();
    this.#sureRoles.forget();
  }

  /** Asks for whatever no longer fits the state. */
  ask({ session, look }: State): void {
    const { prompt } = look;
    const row = prompt === "mean" ? 0 : prompt;
    this.prompts.ask({ spec: session, row }, [session.prompt, row]);
    this.attention.ask({ spec: session, prompt }, [{ ...session, answers: null }, prompt]);
    this.answer.ask({ spec: session, prompt }, [session, prompt]);
    this.#roles.ask({}, null);
    this.#sureRoles.ask({}, null);
    if (hasCorrupted(session.prompt)) {
      const what = { ...look.patches, direction: patchDirection(session) };
      this.patches.ask({ spec: session, ...what }, [session, what]);
    } else {
      this.patches.forget();
    }
    this.#askTable(session, look.table);
  }

  #askTable(session: State["session"], wanted: State["look"]["table"]): void {
    if (wanted === null || session.prompt.kind !== "repeated") {
      this.table.forget();
      return;
    }
    const axis = tableAxis(wanted);
    // What the table varies does not matter to it.
    const about = [{ ...session, prompt: { ...session.prompt, [axis.over]: 0 } }, axis];
    this.table.ask({ spec: session, axis }, about, new Array(axis.values.length).fill(undefined));
  }
}
