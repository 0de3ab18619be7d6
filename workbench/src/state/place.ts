/**
 * @file The place to which a page is scrolled. It is told by what stands there, and not by how far down
 * that is: what is above may have another height when the reader comes back, as figures that are not yet
 * computed have.
 */

/** Where a page is scrolled to. */
export interface Place {
  /** From the top of the page, in pixels. */
  readonly scroll: number;
  /** The element marked `data-place` that begins in sight, and how far below the top of the window it does. */
  readonly landmark?: { readonly name: string; readonly top: number };
}

/** The top of a page. */
export const TOP: Place = { scroll: 0 };

/** Where the page stands now. */
export function placeNow(): Place {
  for (const element of document.querySelectorAll<HTMLElement>("[data-place]")) {
    const { top } = element.getBoundingClientRect();
    const name = element.dataset.place;
    if (name !== undefined && top >= 0 && top < innerHeight) {
      return { scroll: scrollY, landmark: { name, top } };
    }
  }
  return { scroll: scrollY };
}

/** Scrolls there, as far as the page has what stood there. */
export function scrollToPlace({ scroll, landmark }: Place): void {
  scrollTo(0, scroll);
  if (landmark === undefined) return;
  const found = document.querySelector(`[data-place="${CSS.escape(landmark.name)}"]`);
  if (found) scrollBy(0, found.getBoundingClientRect().top - landmark.top);
}
