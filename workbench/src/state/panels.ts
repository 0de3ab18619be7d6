/** @file The panels of the bench, as places that a reader is taken to. */

import { tick } from "svelte";

/** A panel by the name that the page gives it in `data-panel`. */
export type Panel = "answer" | "attention" | "heads" | "table" | "patching";

/** Brings a panel into view once it is there, and puts the focus on it, so that who reads by ear is there too. */
export async function showPanel(name: Panel): Promise<void> {
  await tick();
  const panel = document.querySelector<HTMLElement>(`[data-panel="${name}"] > section`);
  if (panel === null) return;
  panel.tabIndex = -1;
  panel.focus({ preventScroll: true });
  panel.scrollIntoView({ block: "start" });
}
