/**
 * @file When something that is measured again and again came to be: from which look on it stays above a
 * threshold, and where between that look and the one before it crossed.
 */

/** A number at a place of training. */
export interface PlacedNumber {
  readonly tokens: number;
  readonly value: number;
  /** Whether more than the number is asked, and given. Default true. */
  readonly holds?: boolean;
}

/** When something appeared; in tokens. */
export interface Appearance {
  /** The crossing, interpolated in the logarithm of tokens. */
  readonly tokens: number;
  /** The last look without it; null where the first look has it already. */
  readonly after: number | null;
  /** The first look with it. */
  readonly by: number;
}

/** A share of the way from one place to another: on a logarithmic axis, but where one is the start. */
function between(from: number, to: number, share: number): number {
  if (from <= 0) return from + share * (to - from);
  return from * (to / from) ** share;
}

/**
 * When numbers came to stay at a threshold or above it; null where they do not.
 *
 * What else must hold has no number to interpolate by: where it alone was missing, the crossing is taken
 * to be at the look that has it.
 */
export function appearance(numbers: readonly PlacedNumber[], threshold: number): Appearance | null {
  const isThere = ({ value, holds = true }: PlacedNumber) => holds && value >= threshold;
  const last = numbers.findLastIndex((number) => !isThere(number));
  const by = numbers[last + 1];
  if (by === undefined) return null;
  const before = numbers[last];
  if (before === undefined) return { tokens: by.tokens, after: null, by: by.tokens };
  const rise = by.value - before.value;
  const share = before.value < threshold ? (threshold - before.value) / rise : 1;
  return { tokens: between(before.tokens, by.tokens, share), after: before.tokens, by: by.tokens };
}
