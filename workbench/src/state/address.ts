/**
 * @file The address of the page, which holds the state, and the browser's history: a page of the workbench
 * is an entry of its own there, with the place to which it was scrolled; steps within a page are not.
 */

import { tick } from "svelte";
import { type Place, placeNow, scrollToPlace, TOP } from "./place.ts";

/** How long the state rests before it is written into the address, in milliseconds. */
const ADDRESS_DELAY = 250;

/** How long the page is not scrolled before it is kept where it stands, in milliseconds. */
const SCROLL_DELAY = 100;

/** What an entry of the history has beside its address: of one that is no entry of ours, the top. */
function placeOf(entry: unknown): Place {
  const place = entry as Partial<Place> | null;
  return typeof place?.scroll === "number" ? (place as Place) : TOP;
}

/** The browser's history as the bench uses it. */
export class Address {
  #addressTimer: ReturnType<typeof setTimeout> | undefined;
  #scrollTimer: ReturnType<typeof setTimeout> | undefined;

  /** @param onTravel the reader went to another entry, or wrote another address. */
  follow(onTravel: () => void): void {
    // The browser would scroll before the page of the entry is there.
    history.scrollRestoration = "manual";
    addEventListener("popstate", ({ state }) => {
      this.#forget();
      onTravel();
      void tick().then(() => scrollToPlace(placeOf(state)));
    });
    addEventListener("scroll", () => {
      clearTimeout(this.#scrollTimer);
      this.#scrollTimer = setTimeout(() => this.#keepScroll(), SCROLL_DELAY);
    });
    void tick().then(() => scrollToPlace(placeOf(history.state)));
  }

  /** Writes into the entry that is open, once no more comes. */
  write(link: () => string): void {
    clearTimeout(this.#addressTimer);
    this.#addressTimer = setTimeout(() => {
      history.replaceState(history.state, "", `#${link()}`);
    }, ADDRESS_DELAY);
  }

  /** Leaves the entry that is open as it was, and begins another, at its top. */
  push(before: string, next: string): void {
    this.#forget();
    history.replaceState(placeNow(), "", `#${before}`);
    history.pushState(TOP, "", `#${next}`);
    scrollTo(0, 0);
  }

  #keepScroll(): void {
    history.replaceState(placeNow(), "");
  }

  /** What was about to be written is of an entry that has been left. */
  #forget(): void {
    clearTimeout(this.#addressTimer);
    clearTimeout(this.#scrollTimer);
  }
}
