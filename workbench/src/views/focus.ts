/** @file Where the focus goes when the control that had it is gone: it would fall back to the page's top. */

import { tick } from "svelte";

/** Focuses what is found once the page has been drawn anew. */
export async function focusOn(find: () => HTMLElement | null | undefined): Promise<void> {
  await tick();
  find()?.focus();
}
