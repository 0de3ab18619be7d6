/** @file The pictures of a figure as one SVG file, two beside each other, keys below. */

import { COLOUR_STYLE } from "../drawing/colour.ts";
import { LINE_STYLE } from "../drawing/line-looks.ts";
import type { Markup } from "../page/markup.ts";

const GAP = 12;
const WIDTH = 840;

/** Pictures say colours by name; the file brings the names along, light or dark as its reader is. */
const STYLE = `${COLOUR_STYLE}${LINE_STYLE}:root{color-scheme:light dark}.sheet{color:var(--ink)}.paper{fill:var(--paper)}.mask{fill:var(--mask)}.hatch{stroke:var(--hatch);stroke-width:1;fill:none}`;

/** Panels and keys as the text of a file. */
export function sheetSvg(panels: readonly Markup[], keys: readonly Markup[]): string {
  let x = GAP;
  let y = GAP;
  let rowHeight = 0;
  let right = 0;
  const nextRow = () => {
    x = GAP;
    y += rowHeight + GAP;
    rowHeight = 0;
  };
  const place = ({ text }: Markup): string => {
    const [, width = "0", height = "0"] =
      /^<svg [^>]*? width="([\d.]+)" height="([\d.]+)"/.exec(text) ?? [];
    if (x > GAP && x + Number(width) > WIDTH) nextRow();
    const placed = text.replace("<svg ", `<svg x="${x}" y="${y}" `);
    x += Number(width) + GAP;
    right = Math.max(right, x);
    rowHeight = Math.max(rowHeight, Number(height));
    return placed;
  };
  const pictures = panels.map(place);
  nextRow();
  const below = keys.map(place);
  const height = y + rowHeight + GAP;
  return `<svg xmlns="http://www.w3.org/2000/svg" class="sheet" viewBox="0 0 ${right} ${height}" width="${right}" height="${height}"><style>${STYLE}</style><rect class="paper" width="100%" height="100%"/>${[...pictures, ...below].join("")}</svg>\n`;
}
