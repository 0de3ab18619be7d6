/** @file The axis of training as plots have it. */

import * as Plot from "@observablehq/plot";
import type { TokenAxis } from "./token-places.ts";

export { type TokenAxis, tokenAxis } from "./token-places.ts";

/** The scale and the ticks of the axis for a plot. */
export function tokenScale({ domain }: TokenAxis): Plot.ScaleOptions {
  return { type: "log", domain: [...domain] };
}

/** The axis below a plot. */
export function tokenTicks({ label, ticks, tickText }: TokenAxis): Plot.Markish {
  return Plot.axisX({
    label,
    labelArrow: "none",
    labelAnchor: "center",
    ticks: [...ticks],
    tickFormat: tickText,
    tickSize: 3,
    fontSize: 11,
  });
}
