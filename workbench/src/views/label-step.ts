/** @file How many of the labels along an axis there is room for. */

/**
 * Of labels at equal distances every how manieth stands, so that none runs into the next.
 *
 * @param room of all of them together, in pixels.
 * @param needed of one.
 */
export function labelStep(count: number, room: number, needed: number): number {
  return Math.max(1, Math.ceil((count * needed) / Math.max(1, room)));
}

/** Widths of a character of a small label, in pixels; wide enough for most. */
export const CHARACTER_WIDTH = 6.2;

/** Pixels that the longest of some labels needs, with room to the next. */
export function widestLabel(labels: readonly string[]): number {
  return Math.max(0, ...labels.map(({ length }) => length)) * CHARACTER_WIDTH + 8;
}
