/**
 * @file Pictures as one SVG file that stands alone: what the page's style says of colours goes along,
 * so the file is light or dark as whoever looks at it is.
 */

import type { Markup } from "../page/markup.ts";
import { COLOUR_STYLE } from "./colour.ts";

const GAP = 12;

const STYLE = `${COLOUR_STYLE}:root{color-scheme:light dark}.sheet{color:var(--ink)}.paper{fill:var(--paper)}`;

/** Pictures under each other, first on top, as the text of a file. */
export function standaloneSvg(pictures: readonly Markup[]): string {
  let y = GAP;
  let right = 0;
  const placed = pictures.map(({ text }) => {
    const [, width = "0", height = "0"] =
      /^<svg [^>]*? width="([\d.]+)" height="([\d.]+)"/.exec(text) ?? [];
    const here = text.replace("<svg ", `<svg x="${GAP}" y="${y}" `);
    y += Number(height) + GAP;
    right = Math.max(right, Number(width));
    return here;
  });
  const size = { width: right + 2 * GAP, height: y };
  return `<svg xmlns="http://www.w3.org/2000/svg" class="sheet" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}"><style>${STYLE}</style><rect class="paper" width="100%" height="100%"/>${placed.join("")}</svg>\n`;
}
