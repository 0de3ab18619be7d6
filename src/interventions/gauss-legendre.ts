/** @file Nodes and weights for integrals from 0 to 1 (Gauss and Legendre). */

/** Nodes of a path, unless told otherwise, and the most that are taken. */
export const DEFAULT_STEPS = 8;
export const MAX_STEPS = 256;

/** Where a function is looked at, and how much that counts; the weights sum to one. */
export interface Node {
  readonly at: number;
  readonly weight: number;
}

/**
 * The `n` nodes that integrate every polynomial of degree below `2n` from 0 to 1 exactly, in ascending
 * order: zeros of the Legendre polynomial, by Newton's method.
 */
export function gaussLegendre(n: number): Node[] {
  return Array.from({ length: n }, (_, i) => {
    let x = Math.cos((Math.PI * (n - i - 0.25)) / (n + 0.5)); // near the zero, from the left
    let slope = 0;
    for (let last = Number.NaN; x !== last; ) {
      last = x;
      const { value, derivative } = legendre(n, x);
      slope = derivative;
      const next = x - value / derivative;
      // The last bit may go back and forth.
      if (Math.abs(next - x) < 1e-15) break;
      x = next;
    }
    return { at: (1 + x) / 2, weight: 1 / ((1 - x * x) * slope * slope) };
  });
}

/** Legendre's polynomial of degree n and its derivative inside of (-1, 1), by the three-term recurrence. */
function legendre(n: number, x: number): { value: number; derivative: number } {
  let before = 1;
  let value = x;
  for (let k = 2; k <= n; k++) {
    [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k];
  }
  return { value, derivative: (n * (x * value - before)) / (x * x - 1) };
}
