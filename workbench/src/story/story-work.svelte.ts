/** @file What a section of the story asks for, and what comes of it. */

import type { Bench } from "../state/bench.svelte.ts";
import { Question } from "../state/question.svelte.ts";
import { patchDirection, tableAxis } from "../state/state.ts";
import { type TableRows, tableQuestion } from "../state/view-questions.svelte.ts";
import type { StorySection } from "./sections.ts";

/** What the story's patches are: those of figure 5. */
const PATCHED = { component: "z", by: "head" } as const;

/** The work of one section: of its questions the one that its figure needs is asked. */
export class StoryWork {
  readonly answer: Question<"answer">;
  readonly attention: Question<"attention">;
  readonly table: Question<"table", TableRows>;
  readonly patches: Question<"patches">;
  readonly #section: StorySection;

  constructor({ client }: Bench, section: StorySection) {
    const asker = `story ${section.id}`;
    this.#section = section;
    this.answer = new Question(client, "answer", { asker });
    this.attention = new Question(client, "attention", { asker });
    this.table = tableQuestion(client, asker);
    this.patches = new Question(client, "patches", { asker });
  }

  /** The question that the figure needs. */
  get question() {
    const { answer, attention, table, patches } = this;
    return { answer, row: attention, patterns: attention, table, patches }[
      this.#section.figure.kind
    ];
  }

  /** Asks it of the model that is there now. */
  ask(): void {
    const { session: spec, figure } = this.#section;
    const looked = { spec, prompt: "mean" } as const;
    this.question.outdate();
    switch (figure.kind) {
      case "answer":
        this.answer.ask(looked, null);
        return;
      case "row":
      case "patterns":
        this.attention.ask(looked, null);
        return;
      case "table": {
        const axis = tableAxis(figure.table);
        this.table.ask({ spec, axis }, null, new Array(axis.values.length).fill(undefined));
        return;
      }
      case "patches":
        this.patches.ask({ spec, ...PATCHED, direction: patchDirection(spec) }, null);
    }
  }

  /** Nobody looks any more. */
  leave(): void {
    this.question.stop();
  }
}
