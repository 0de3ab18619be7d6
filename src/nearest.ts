/** @file The known name nearest to a mistyped one, for error messages. */

/** Levenshtein distance between two strings, in edits of one character. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current[j] = Math.min(
        (previous[j] as number) + 1,
        (current[j - 1] as number) + 1,
        substitution,
      );
    }
    previous = current;
  }
  return previous[b.length] as number;
}

/** Characters from which on a beginning says which candidate is meant. */
const SHORTEST_BEGINNING = 3;

/**
 * The candidate nearest to `given`, or the first that begins with it if none is within half of its
 * length. The last of equally near ones: whoever asks for a layer too many means the last one.
 */
export function nearest(given: string, among: Iterable<string>): string | undefined {
  const candidates = [...among];
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(given.length / 2));
  for (const candidate of candidates) {
    const distance = editDistance(given.toLowerCase(), candidate.toLowerCase());
    if (distance <= bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best ?? (given.length < SHORTEST_BEGINNING ? undefined : beginningWith(given, candidates));
}

function beginningWith(given: string, candidates: readonly string[]): string | undefined {
  const beginning = given.toLowerCase();
  return candidates.find((candidate) => candidate.toLowerCase().startsWith(beginning));
}
