/** @file What waits until a reader comes to it. */

import type { Attachment } from "svelte/attachments";

/** How far below the screen a reader is about to come to something. */
const SOON = "200px";

/** Calls once, when an element comes into sight or soon will. */
export function whenInSight(seen: () => void): Attachment<HTMLElement> {
  return (element) => {
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        observer.disconnect();
        seen();
      },
      { rootMargin: SOON },
    );
    observer.observe(element);
    return () => observer.disconnect();
  };
}
