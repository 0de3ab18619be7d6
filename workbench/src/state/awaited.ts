/**
 * @file What a link or a saved state is about, and the page was not given yet: no link holds files. It is kept
 * until they come, for meanwhile the page goes back to the model that is there.
 */

import type { ModelChoice, State } from "./state.ts";

/** What was given has one name for all its checkpoints. */
function givenName(model: ModelChoice): string {
  return JSON.stringify(model.kind === "checkpoint" ? [model.kind, model.run] : model);
}

/** The latest state whose files are awaited. */
export class Awaited {
  #state: State | null = null;

  keep(state: State): void {
    this.#state = state;
  }

  /** The state about this model, or about any checkpoint of its run; from then on it is awaited no longer. */
  take(model: ModelChoice): State | null {
    const state = this.#state;
    if (state === null || givenName(state.model) !== givenName(model)) return null;
    this.#state = null;
    return state;
  }
}
