/** @file The cell under the pointer or the cursor: it lights up in all views, and is in no history. */

import type { Cell } from "./state.ts";

class Hover {
  cell: Cell | null = $state.raw(null);
}

export const hover = new Hover();
