/** @file The ways from one state to the next. */

import type { HeadIndex } from "../../../src/model/heads.ts";
import { covers, uncovered } from "../../../src/session/intervention-place.ts";
import type { Intervention, PromptSource, SessionSpec } from "../../../src/session/spec.ts";
import type { Cell, CheckpointChoice, Look, ModelChoice, State } from "./state.ts";

/** The number of prompts of a source. */
export function batchOf(prompt: PromptSource): number {
  return prompt.kind === "text" ? 1 : prompt.batch;
}

/** Whether a source has a second prompt to take from. */
export function hasCorrupted(prompt: PromptSource): boolean {
  return prompt.kind === "repeated" || (prompt.corrupted ?? null) !== null;
}

/** Another model: what was said of heads and tokens of the old one no longer holds. */
export function withModel(state: State, model: ModelChoice): State {
  return {
    ...state,
    model,
    session: { ...state.session, interventions: [], answers: null },
    look: { ...state.look, head: null, pinned: null, locked: null },
  };
}

/**
 * Another checkpoint of the run: all that was chosen stays.
 *
 * @param head the one that is looked at, which stays so even where another does most induction by then.
 */
export function withCheckpoint(state: State, model: CheckpointChoice, head: HeadIndex): State {
  return { ...state, model, look: { ...state.look, head } };
}

/** Other prompts. Interventions stay where they still can be: not at positions, which mean other tokens. */
export function withPrompt(state: State, prompt: PromptSource): State {
  const { session, look } = state;
  const isPaired = hasCorrupted(prompt);
  const batch = batchOf(prompt);
  const interventions = session.interventions.filter(
    (intervention) =>
      (intervention.kind === "patch" ? isPaired : intervention.by === "zero" || batch > 1) &&
      (intervention.position === null || sameShape(session.prompt, prompt)),
  );
  return {
    ...state,
    session: {
      ...session,
      prompt,
      interventions,
      runs: isPaired ? session.runs : "clean",
      answers: session.prompt.kind === prompt.kind ? session.answers : null,
    },
    look: {
      ...look,
      prompt: look.prompt === "mean" ? "mean" : Math.min(look.prompt, batch - 1),
      locked: sameShape(session.prompt, prompt) ? look.locked : null,
    },
  };
}

/** Whether two sources have as many tokens, as far as can be seen. */
function sameShape(a: PromptSource, b: PromptSource): boolean {
  const shape = (prompt: PromptSource) => {
    switch (prompt.kind) {
      case "text":
        return prompt.text;
      case "pattern":
        return prompt.pattern;
      case "repeated":
        return `${prompt.length} ${prompt.gap ?? 0} ${prompt.distance ?? 0}`;
    }
  };
  return a.kind === b.kind && shape(a) === shape(b);
}

/** Other parts of the session. */
export function withSession(state: State, part: Partial<SessionSpec>): State {
  return { ...state, session: { ...state.session, ...part } };
}

/** Something else is looked at. */
export function withLook(state: State, part: Partial<Look>): State {
  return { ...state, look: { ...state.look, ...part } };
}

/** Whether two interventions are one: the same done at the same place. */
function isSame(a: Intervention, b: Intervention): boolean {
  const by = (one: Intervention) => (one.kind === "ablate" ? one.by : "patch");
  return by(a) === by(b) && a.position === b.position && covers(a, b);
}

/** Whether an intervention is on. */
export function isOn({ session }: State, intervention: Intervention): boolean {
  return session.interventions.some((other) => isSame(other, intervention));
}

/**
 * Puts an intervention on, or takes it off. It takes the place of those that would change nothing any more:
 * a patch of a head's z that of an ablation, one at all positions that of others at one.
 */
export function toggled(state: State, intervention: Intervention): State {
  const { interventions } = state.session;
  return withSession(state, {
    interventions: isOn(state, intervention)
      ? interventions.filter((other) => !isSame(other, intervention))
      : uncovered([...interventions, intervention]),
  });
}

/** Takes off the intervention at an index. */
export function without(state: State, index: number): State {
  return withSession(state, {
    interventions: state.session.interventions.filter((_, i) => i !== index),
  });
}

/** Locks a cell, or unlocks where it is locked already. */
export function withLock(state: State, cell: Cell | null): State {
  const { locked } = state.look;
  const same = cell !== null && locked?.query === cell.query && locked.key === cell.key;
  return withLook(state, { locked: same ? null : cell });
}

/** The head so many steps on, in reading order; as far as there are heads. */
export function neighbour(
  head: HeadIndex,
  { layers, heads }: { readonly layers: number; readonly heads: number },
  { layer, step }: { readonly layer: number; readonly step: number },
): HeadIndex {
  const clamp = (value: number, extent: number) => Math.max(0, Math.min(extent - 1, value));
  if (layer !== 0) return { layer: clamp(head.layer + layer, layers), head: head.head };
  const flat = clamp(head.layer * heads + head.head + step, layers * heads);
  return { layer: Math.floor(flat / heads), head: flat % heads };
}
