/**
 * @file Every head of a session patched, one at a time: how far each carries the answer of one prompt into
 * the run of the other.
 */

import { type Nested, toNested } from "../engine/ndarray.ts";
import { LookbackError, throwIfCancelled } from "../errors.ts";
import type { PatchDirection } from "../interventions/pair.ts";
import { patchScores } from "../interventions/patch.ts";
import {
  type Estimate,
  estimate,
  estimateNormalised,
  estimatePaired,
  estimateRatio,
} from "../measures/statistics.ts";
import { rowsPerChunk } from "../model/chunks.ts";
import { batchRows } from "../model/tokens.ts";
import { type SessionAnswers, sessionAnswers } from "./answers.ts";
import { checkInterventions } from "./interventions.ts";
import { type PatchedDifferences, patchedDifferences } from "./patched-differences.ts";
import type { SessionPrompts } from "./prompts.ts";
import { type LongWork, type Session, tokensOf } from "./session.ts";
import type { SessionComponent, SessionSpec } from "./spec.ts";

/** What is patched. */
export interface PatchMatrixOptions extends LongWork {
  readonly component: SessionComponent;
  readonly by: "head" | "head-position";
  /** `denoise`: clean activations into the corrupted run. `noise`: corrupted ones into the clean run. */
  readonly direction: PatchDirection;
  /** Called with the whole matrix over the prompts that are done, as they come in. */
  readonly onRows?: (matrix: SessionPatchMatrix) => void;
}

/** A matrix of patches. L layers, P positions, H heads. */
export interface SessionPatchMatrix {
  readonly component: SessionComponent;
  readonly by: "head" | "head-position";
  readonly direction: PatchDirection;
  /** `head`: [L, H]. `head-position`: [L, P, H]. */
  readonly shape: readonly number[];
  /** How far each patch goes: 0 is the corrupted run as it is, 1 the clean one. */
  readonly normalised: Nested;
  /** Standard errors of these. */
  readonly normalisedSe: Nested;
  /** Mean logit difference with each patch. */
  readonly values: Nested;
  /** Logit differences of the two runs as they are. */
  readonly clean: Estimate;
  readonly corrupted: Estimate;
  /** How far clean is from corrupted, prompt by prompt: what `normalised` and `effect` are shares of. */
  readonly gap: Estimate;
  /** How far the run is before a patch: by interventions that are on; without any 0, or with noise 1. */
  readonly before: Estimate;
  /** What each patch changes: how far it goes less how far the run is without it, on the same prompts. */
  readonly effect: Nested;
  /** Standard errors of these. */
  readonly effectSe: Nested;
  /** Prompts behind the numbers, and how many there will be. */
  readonly n: number;
  readonly total: number;
}

/**
 * Prompts to patch at a time where there are many patches, so that there is something to see soon. Fewer
 * would be there hardly sooner: with 16 at a time, a bundled model takes twice as long for all of 64.
 */
const ROWS_AT_A_TIME = 64;

/** Parts that a large batch is cut into, so far as they fit into memory. */
const PARTS = 4;

/** Prompts to patch at a time, about. */
function rowsAtATime({ interventions, mode }: SessionSpec, by: SessionPatchMatrix["by"]): number {
  const isOneRunForAll = by === "head" && interventions.length === 0 && mode === "total";
  return isOneRunForAll ? Number.POSITIVE_INFINITY : ROWS_AT_A_TIME;
}

/**
 * Patches every head, one at a time, in the run of the prompt that the direction says. Interventions of the
 * spec are on in it too.
 *
 * @throws LookbackError `bad-spec` where there is no corrupted prompt, or none that looks different; `not-finite`
 *   where both runs answer alike, so that there is no way to go from one to the other; `cancelled`.
 */
export async function sessionPatchMatrix(
  session: Session,
  spec: SessionSpec,
  options: PatchMatrixOptions,
): Promise<SessionPatchMatrix> {
  const { component, by, direction, onRows, onProgress, pause, signal } = options;
  const prompts = session.prompts(spec.prompt);
  const { clean, read } = prompts;
  checkDifference(prompts, spec.mode);
  const into: SessionSpec = { ...spec, runs: direction === "denoise" ? "corrupted" : "clean" };
  checkInterventions(session, into);
  const answers = await sessionAnswers(session, spec, signal);
  const fitting = rowsPerChunk(session.model.config, read + 1);
  const most = Math.min(fitting, Math.max(rowsAtATime(spec, by), clean.batch / PARTS));
  const rows = Math.ceil(clean.batch / Math.ceil(clean.batch / most));
  let scores: PatchedDifferences | undefined;
  let matrix: SessionPatchMatrix | undefined;
  for (let start = 0; start < clean.batch; start += rows) {
    if (start > 0) await pause?.();
    throwIfCancelled(signal);
    const end = Math.min(clean.batch, start + rows);
    const part = await partScores(session, into, answers, {
      ...options,
      rows: [start, end],
      onProgress: (share) => onProgress?.((start + (end - start) * share) / clean.batch),
    });
    scores = scores === undefined ? part : joined(scores, part);
    matrix = { component, by, direction, ...matrixOf(scores), n: end, total: clean.batch };
    onRows?.(matrix);
  }
  if (matrix === undefined) throw new Error("internal: a batch has rows");
  return matrix;
}

/** @throws LookbackError `bad-spec` unless there are two prompts that differ where the model can see it. */
function checkDifference(prompts: SessionPrompts, mode: SessionSpec["mode"]): void {
  tokensOf(prompts, "corrupted");
  if (mode === "position-only") {
    throw new LookbackError(
      "bad-spec",
      'mode: in "position-only" no token is seen, so clean and corrupted runs are the same and a patch changes nothing',
      { field: "mode", value: mode },
    );
  }
  const [first = prompts.labels.length] = prompts.changed;
  if (first <= prompts.read) return;
  throw new LookbackError(
    "bad-spec",
    `clean and corrupted prompts are the same up to position ${prompts.read}, where the answer is read: a patch would change nothing`,
    { field: "prompt" },
  );
}

/** Scores of some rows: at once where the runs are as they are, otherwise one place after the other. */
async function partScores(
  session: Session,
  into: SessionSpec,
  answers: SessionAnswers,
  request: Omit<PatchMatrixOptions, "onRows"> & {
    readonly rows: readonly [start: number, end: number];
    readonly onProgress: (share: number) => void;
  },
): Promise<PatchedDifferences> {
  const { component, by, direction, rows, signal, onProgress } = request;
  if (into.interventions.length > 0 || into.mode !== "total") {
    return patchedDifferences(session, into, {
      ...{ component, by, rows, answers, onProgress },
      ...(signal && { signal }),
    });
  }
  const prompts = session.prompts(into.prompt);
  const scores = await patchScores(session.model, {
    clean: batchRows(prompts.clean, ...rows),
    corrupted: batchRows(tokensOf(prompts, "corrupted"), ...rows),
    answers: answers.pairs.slice(...rows),
    ...{ read: prompts.read, component, by, direction },
    ...(signal && { signal }),
    onProgress: (done, all) => onProgress(done / all),
  });
  return { ...scores, before: direction === "denoise" ? scores.corrupted : scores.clean };
}

function joined(a: PatchedDifferences, b: PatchedDifferences): PatchedDifferences {
  const both = (x: Float32Array, y: Float32Array | undefined) =>
    Float32Array.from([...x, ...(y ?? [])]);
  return {
    clean: both(a.clean, b.clean),
    corrupted: both(a.corrupted, b.corrupted),
    before: both(a.before, b.before),
    patched: a.patched.map((scores, place) => both(scores, b.patched[place])),
    shape: a.shape,
  };
}

function matrixOf({ clean, corrupted, before, patched, shape }: PatchedDifferences) {
  const normalised = patched.map((scores) => estimateNormalised(scores, { clean, corrupted }));
  const gap = less(clean, corrupted);
  const effects = patched.map((scores) => estimateRatio(less(scores, before), gap));
  const nested = (numbers: readonly number[]) => toNested(shape, numbers);
  return {
    shape,
    normalised: nested(normalised.map(({ mean }) => mean)),
    normalisedSe: nested(normalised.map(({ se }) => se)),
    values: nested(patched.map((scores) => estimate(scores).mean)),
    clean: estimate(clean),
    corrupted: estimate(corrupted),
    gap: estimatePaired(clean, corrupted),
    before: estimateNormalised(before, { clean, corrupted }),
    effect: nested(effects.map(({ mean }) => mean)),
    effectSe: nested(effects.map(({ se }) => se)),
  };
}

function less(a: Float32Array, b: Float32Array): Float64Array {
  return Float64Array.from(a, (value, row) => value - (b[row] as number));
}
