/** @file Where the focus goes when the control that had it is gone: it would fall back to the page's top. */

import { tick } from "svelte";
import type { Attachment } from "svelte/attachments";

/** Focuses what is found once the page has been drawn anew. */
export async function focusOn(find: () => HTMLElement | null | undefined): Promise<void> {
  await tick();
  find()?.focus();
}

/** The choice of a model, which is always there. */
export function modelChoice(): HTMLElement | null {
  return document.querySelector<HTMLElement>("[aria-label=Model]");
}

/** What is chosen in the first group of choices around. */
export function checkedChoice(around: HTMLElement): HTMLElement | null {
  return around.querySelector<HTMLElement>("input:checked");
}

/**
 * For what may vanish while it has the focus, whoever it is that takes it away.
 *
 * @param find where the focus goes then, given what the thing stood in.
 */
export function handsFocusOn(
  find: (around: HTMLElement) => HTMLElement | null | undefined,
): Attachment<HTMLElement> {
  return (element) => {
    const around = element.parentElement;
    let isFocused = element.contains(document.activeElement);
    let timer: ReturnType<typeof setTimeout> | undefined;
    element.addEventListener("focusin", () => {
      clearTimeout(timer);
      isFocused = true;
    });
    element.addEventListener("focusout", () => {
      // What is taken away may lose the focus just before; a reader who goes elsewhere does so earlier.
      timer = setTimeout(() => {
        isFocused = false;
      });
    });
    return () => {
      clearTimeout(timer);
      if (isFocused && around !== null) void focusOn(() => find(around));
    };
  };
}
