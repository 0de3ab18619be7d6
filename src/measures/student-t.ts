/** @file The quantiles that intervals need. */

const known = new Map<string, number>();

/**
 * Probability that Student's t with `df` degrees of freedom lies within ±`t`: the finite series for
 * whole degrees of freedom (Abramowitz and Stegun, 26.7.3 and 26.7.4).
 */
function probabilityWithin(t: number, df: number): number {
  const theta = Math.atan(t / Math.sqrt(df));
  const odd = df % 2 === 1;
  const cosine = Math.cos(theta);
  let term = odd ? cosine : 1;
  let series = 0;
  for (let power = odd ? 1 : 0; power <= df - 2; power += 2) {
    series += term;
    term *= (cosine * cosine * (power + 1)) / (power + 2);
  }
  const inner = Math.sin(theta) * series;
  return odd ? (theta + inner) * (2 / Math.PI) : inner;
}

/**
 * The half-width of an interval in standard errors: a mean of normal values lies within so many of the
 * truth with probability `confidence`.
 *
 * @param df Degrees of freedom, a whole number from 1.
 * @param confidence Below 1; default .95.
 */
export function studentT(df: number, confidence = 0.95): number {
  const key = `${df} ${confidence}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  // Wide enough for 95%, whatever the degrees of freedom: 1.96 to 12.71.
  let low = 1.9;
  let high = 13;
  while (probabilityWithin(low, df) > confidence) low /= 2;
  while (probabilityWithin(high, df) < confidence) high *= 2;
  for (let middle = (low + high) / 2; low < middle && middle < high; middle = (low + high) / 2) {
    if (probabilityWithin(middle, df) < confidence) low = middle;
    else high = middle;
  }
  known.set(key, high);
  return high;
}
