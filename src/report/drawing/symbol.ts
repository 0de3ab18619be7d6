/** @file The shapes of series as SVG, where no chart library draws them. */

import type { SeriesSymbol } from "./series-chart.ts";

/** An element of that shape around a point; `rest` are its other attributes. */
export function symbolAt(symbol: SeriesSymbol, x: number, y: number, rest: string): string {
  switch (symbol) {
    case "circle":
      return `<circle cx="${x}" cy="${y}" r="3.8" ${rest}/>`;
    case "square":
      return `<path d="M${x - 3.5} ${y - 3.5}h7v7h-7z" ${rest}/>`;
    case "triangle":
      return `<path d="M${x} ${y - 4.5}l4.4 8h-8.8z" ${rest}/>`;
    case "cross":
      return `<path d="M${x - 1.5} ${y - 4.5}h3v3h3v3h-3v3h-3v-3h-3v-3h3z" ${rest}/>`;
  }
}
