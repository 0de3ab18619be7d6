/**
 * @file Numbers as files carry them. Fractions have six significant digits, which is what float32 sums
 * agree on between runs of one device; whole numbers (token ids, seeds, counts) are written in full.
 */

export function sixDigits(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(6));
}

/** A plain value as JSON, with six digits in its fractions. */
export function jsonInSixDigits(value: unknown, indent?: number): string {
  const digits = (_: string, item: unknown) => (typeof item === "number" ? sixDigits(item) : item);
  return JSON.stringify(value, digits, indent);
}

/** A plain value with six digits in its fractions, as it comes back from a file. */
export function inSixDigits<T>(value: T): T {
  return JSON.parse(jsonInSixDigits(value));
}
