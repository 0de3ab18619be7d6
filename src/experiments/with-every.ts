/** @file One number for every part of a spec, as for a quick look or for other prompts of the same kind. */

/** A plain value with every field of this name replaced, wherever it stands. */
export function withEvery<Value>(value: Value, field: string, replacement: number): Value {
  const replaced = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(replaced);
    if (typeof part !== "object" || part === null) return part;
    return Object.fromEntries(
      Object.entries(part).map(([key, inner]) => [
        key,
        key === field ? replacement : replaced(inner),
      ]),
    );
  };
  return replaced(value) as Value; // of the same shape, with a number for a number
}
