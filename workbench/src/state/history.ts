/** @file Undo and redo: the states before and after the one that is shown. */

/** A line of states, one of them shown. */
export interface History<S> {
  readonly past: readonly S[];
  readonly present: S;
  readonly future: readonly S[];
  /** What the last step was a part of, and when it was. */
  readonly last: { readonly motion: string; readonly at: number } | null;
}

/** Steps of one motion closer than this are one step: a slider that is dragged. In milliseconds. */
const ONE_STEP = 800;
const MOST_STEPS = 200;

/** A history of one state. */
export function historyOf<S>(present: S): History<S> {
  return { past: [], present, future: [], last: null };
}

/** Goes on to a state, by a motion or, for null, by a step of its own. What was undone before is gone. */
export function advanced<S>(
  history: History<S>,
  present: S,
  motion: string | null,
  at: number,
): History<S> {
  const { past, last } = history;
  const isSameStep = last !== null && last.motion === motion && at - last.at < ONE_STEP;
  return {
    past: isSameStep ? past : [...past, history.present].slice(-MOST_STEPS),
    present,
    future: [],
    last: motion === null ? null : { motion, at },
  };
}

/** One step back, or the same history where there is none. */
export function undone<S>(history: History<S>): History<S> {
  const { past, present, future } = history;
  const before = past.at(-1);
  if (before === undefined) return history;
  return { past: past.slice(0, -1), present: before, future: [present, ...future], last: null };
}

/** One step forward again, or the same history where there is none. */
export function redone<S>(history: History<S>): History<S> {
  const { past, present, future } = history;
  const [next, ...rest] = future;
  if (next === undefined) return history;
  return { past: [...past, present], present: next, future: rest, last: null };
}
