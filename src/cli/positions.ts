/** @file Positions of prompts by name: by number, by label where it is unique, or by both. */

import { UsageError } from "./usage-error.ts";

/** `7:A`, or the number alone where positions have no names. */
export function positionNames(labels: readonly string[]): string[] {
  return labels.map((label, i) => (label === String(i) ? label : `${i}:${label}`));
}

/**
 * The position up to `last` that a text names: `7`, `7:A`, or `B` where only one bears this label.
 *
 * @throws UsageError naming the option, and what it may hold.
 */
export function positionNamed(
  option: string,
  text: string,
  { labels, last }: { readonly labels: readonly string[]; readonly last: number },
): number {
  const seen = labels.slice(0, last + 1);
  const names = positionNames(seen);
  const found = seen.flatMap((label, i) =>
    text === String(i) || text === names[i] || text === label ? [i] : [],
  );
  const [position] = found;
  if (position !== undefined && found.length === 1) return position;
  if (position === undefined) {
    throw new UsageError(
      `${option}: no position ${JSON.stringify(text)}; name one of ${names.join(", ")}`,
    );
  }
  const several = found.map((i) => names[i]).join(", ");
  throw new UsageError(`${option}: ${JSON.stringify(text)} names ${several}; say which`);
}
