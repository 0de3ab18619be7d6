/**
 * @file Logit differences with each place patched on top of interventions that are on already: one run a
 * place, for what an intervention changes `patchScores` cannot take from the runs as they are.
 */

import { throwIfCancelled } from "../errors.ts";
import type { PatchScores } from "../interventions/patch.ts";
import { canReach, type Place, placeShape, placesOf } from "../interventions/places.ts";
import type { SessionAnswers } from "./answers.ts";
import type { Session, SessionWork } from "./session.ts";
import { sessionRun } from "./session-run.ts";
import type { Intervention, SessionComponent, SessionSpec } from "./spec.ts";

/** What is patched, and in which rows of the batch. */
export interface PatchedRequest extends SessionWork {
  readonly component: SessionComponent;
  readonly by: "head" | "head-position";
  readonly answers: SessionAnswers;
  readonly rows: readonly [start: number, end: number];
}

/** As {@link PatchScores}, and logit differences with the interventions alone. */
export interface PatchedDifferences extends PatchScores {
  /** [N] */
  readonly before: Float32Array;
}

/** Logit differences of the run that a spec describes, row by row. */
export async function logitDifferencesOf(
  session: Session,
  spec: SessionSpec,
  { answers, rows, signal }: Pick<PatchedRequest, "answers" | "rows" | "signal">,
): Promise<Float32Array> {
  const { read } = session.prompts(spec.prompt);
  const differences = new Float32Array(rows[1] - rows[0]);
  const ask = { answers: answers.pairs.slice(...rows), positions: [read] };
  const options = { rows, length: read + 1, ...(signal && { signal }) };
  for await (const { answerLogits, rows: done } of sessionRun(session, spec, ask, options)) {
    const logits = answerLogits?.data ?? [];
    for (let row = 0; row < done[1] - done[0]; row++) {
      differences[done[0] + row] = (logits[2 * row] as number) - (logits[2 * row + 1] as number);
    }
  }
  return differences;
}

/** Patches every place, one at a time, into the run that a spec describes. */
export async function patchedDifferences(
  session: Session,
  spec: SessionSpec,
  request: PatchedRequest,
): Promise<PatchedDifferences> {
  const { component, by, signal, onProgress } = request;
  const { n_layers, n_heads } = session.model.config;
  const { clean, changed, read } = session.prompts(spec.prompt);
  const places = placesOf(by, n_heads, clean.length);
  const differences = (interventions: readonly Intervention[], runs = spec.runs) =>
    logitDifferencesOf(session, { ...spec, runs, interventions }, request);
  const plain = {
    clean: await differences([], "clean"),
    corrupted: await differences([], "corrupted"),
  };
  const before = await differences(spec.interventions);
  const patched: Float32Array[] = [];
  for (let layer = 0; layer < n_layers; layer++) {
    const isLastLayer = layer === n_layers - 1;
    const firstDifference = Math.min(changed[0] ?? 0, ...replacedBefore(spec, layer));
    const reach = { component, read, firstDifference, isLastLayer };
    for (const place of places) {
      throwIfCancelled(signal);
      const on = [...spec.interventions, patchOf(component, layer, place)];
      patched.push(canReach(place, reach) ? await differences(on) : before);
      onProgress?.(patched.length / (n_layers * places.length));
    }
  }
  const shape = placeShape(by, n_layers, n_heads, clean.length);
  return { ...plain, before, patched, shape };
}

/**
 * The first positions at which interventions in the layers up to one put other numbers: from there on a
 * patch changes something even where both prompts are the same.
 */
function replacedBefore({ interventions }: SessionSpec, layer: number): number[] {
  return interventions
    .filter(({ head }) => head.layer <= layer)
    .map(({ position }) => position ?? 0);
}

function patchOf(component: SessionComponent, layer: number, place: Place): Intervention {
  const { head = 0, position = null } = place;
  return { kind: "patch", component, head: { layer, head }, position };
}
