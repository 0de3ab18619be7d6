/** @file What roles are called: in a badge, and in full. */

import type { Role } from "../../../src/hypothesis/head-card.ts";

export const ROLE_NAMES: Readonly<Record<Role, { readonly short: string; readonly long: string }>> =
  {
    induction: { short: "ind", long: "induction" },
    "previous-token": { short: "prev", long: "previous token" },
    "look-back": { short: "back", long: "look-back" },
    "broad-look-back": { short: "broad", long: "broad look-back" },
    "duplicate-token": { short: "dup", long: "duplicate token" },
    copying: { short: "copy", long: "copying" },
    "anti-copying": { short: "anti", long: "anti-copying" },
    bos: { short: "bos", long: "rests on BOS" },
    "order-free": { short: "set", long: "does not mind order" },
  };
