/** @file How the learning rate moves: up from nothing, constant, and down to nothing at the end. */

/** The shape of a run's learning rate. */
export interface Schedule {
  /** Steps in which the rate rises. */
  readonly warmup: number;
  /** Share of the steps, at the end, in which it falls. */
  readonly decay: number;
}

/** What learning rates are multiplied by in step 0, 1, … of `steps`. */
export function rateFactor({ warmup, decay }: Schedule, step: number, steps: number): number {
  const up = warmup === 0 ? 1 : Math.min(1, (step + 1) / warmup);
  const falling = steps * decay;
  const down = falling === 0 ? 1 : Math.min(1, (steps - step) / falling);
  return Math.min(up, down);
}

/**
 * Steps after which checkpoints are kept: `count` of them, the first after `first`, the last after
 * `steps`, evenly on a logarithmic scale, since most happens early. 0 is the start and is kept too.
 */
export function keptSteps(
  { first, count }: { readonly first: number; readonly count: number },
  steps: number,
): number[] {
  const ratio = Math.max(1, steps / first);
  const at = Array.from({ length: count }, (_, i) => {
    return Math.round(first * ratio ** (count === 1 ? 1 : i / (count - 1)));
  });
  return [...new Set([0, ...at.filter((step) => step < steps), steps])].sort((a, b) => a - b);
}
