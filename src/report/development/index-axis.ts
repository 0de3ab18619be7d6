/** @file The axis of places in a context, on a logarithmic scale: most changes between the first tokens. */

import type { TokenAxis } from "./token-axis.ts";

/** From the first token to the last. */
export function indexAxis(last: number): TokenAxis {
  const ticks = [1, 3, 10, 30, 100, 300, 1000, 3000].filter((tick) => tick <= last);
  return {
    label: "place of the token in its context",
    place: (place) => place,
    least: 1,
    domain: [0.92, last * 1.08],
    ticks,
    tickText: String,
  };
}
