/**
 * @file Keeping the device busy: while the result of one piece of work is read back and looked at, the
 * next is already under way. Not more than one, for each holds memory.
 */

/**
 * Starts pieces of work in order, each before the one before it is awaited, and yields their results.
 *
 * @param dispose frees a result that nobody will take, where the caller stops in the middle.
 */
export async function* oneAhead<T>(
  work: Iterable<() => Promise<T>>,
  dispose: (result: T) => void = () => {},
): AsyncGenerator<T, void, undefined> {
  let ahead: Promise<T> | undefined;
  try {
    for (const start of work) {
      const next = start();
      next.catch(() => {}); // it is awaited after the one before it, which may fail first
      const done = ahead;
      ahead = next;
      if (done !== undefined) yield await done;
    }
    const last = ahead;
    ahead = undefined;
    if (last !== undefined) yield await last;
  } finally {
    ahead?.then(dispose, () => {});
  }
}
