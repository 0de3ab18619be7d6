/** @file Where an axis of numbers is marked. */

const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20];

/** Round values in a range, six steps apart at most. */
export function levelTicks([low, high]: readonly [number, number]): number[] {
  const width = STEPS.find((each) => (high - low) / each <= 6) ?? 50;
  const first = Math.ceil(low / width);
  const count = Math.max(0, Math.floor(high / width) - first + 1);
  return Array.from({ length: count }, (_, i) => (first + i) * width);
}
