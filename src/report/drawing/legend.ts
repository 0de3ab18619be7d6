/** @file Keys to the pictures. Each is a small picture of its own, so that keys wrap and download. */

import { escaped, type Markup } from "../page/markup.ts";
import { picture } from "./chart.ts";
import { COLOURS, type ColourScale, colourClass, STEPS } from "./colour.ts";
import type { SeriesSymbol } from "./series-chart.ts";
import { symbolAt } from "./symbol.ts";

const HEIGHT = 22;
const CHARACTER = 7.2;

function key(sample: string, text: string, sampleWidth = 26): Markup {
  return picture(
    { title: "", description: text },
    {
      width: Math.ceil(sampleWidth + 6 + text.length * CHARACTER),
      height: HEIGHT,
      content: `${sample}<text x="${sampleWidth + 4}" y="15" text-anchor="start">${escaped(text)}</text>`,
    },
  );
}

/** A mark of a series, with the interval that it carries. */
export function seriesKey(
  text: string,
  colour: string,
  { symbol = "circle", interval = true }: { symbol?: SeriesSymbol; interval?: boolean } = {},
): Markup {
  const line = interval ? `<path d="M13 2v18" stroke="${colour}" stroke-width="1.6"/>` : "";
  return key(`${line}${symbolAt(symbol, 13, 11, `fill="${colour}"`)}`, text);
}

/** A line without marks. */
export function lineKey(text: string, colour: string): Markup {
  return key(`<path d="M2 11h22" stroke="${colour}" stroke-width="2" fill="none"/>`, text);
}

/** A dashed line. */
export function dashedKey(text: string): Markup {
  return key(
    `<path d="M1 11h24" stroke="currentColor" stroke-width="1.6" stroke-dasharray="4 4" fill="none"/>`,
    text,
  );
}

/** A hollow dot with the interval that it carries. */
export function hollowKey(text: string, colour: string): Markup {
  return key(
    `<path d="M13 2v18" stroke="${colour}" stroke-width="1.6"/><circle cx="13" cy="11" r="3.8" fill="var(--paper)" stroke="${colour}" stroke-width="1.5"/>`,
    text,
  );
}

/** A mean of means: a hollow dot on the band of its interval. */
export function bandKey(text: string): Markup {
  return key(
    `<path d="M2 11h22" stroke="currentColor" stroke-width="7" stroke-opacity="0.16"/><circle cx="13" cy="11" r="4" fill="var(--paper)" stroke="currentColor" stroke-width="1.6"/>`,
    text,
  );
}

/** A cell with a frame. */
export function frameKey(text: string): Markup {
  return key(
    `<path d="M5 4h16v14h-16z" fill="none" stroke="currentColor" stroke-width="1.6"/>`,
    text,
  );
}

/** A cell that holds nothing. */
export function holeKey(text: string): Markup {
  return key(`<path class="mask" d="M4 4h14v14h-14z"/><path class="hatch" d="M4 18l14-14"/>`, text);
}

/** A bar, with its interval. */
export function barKey(text: string, colour: string): Markup {
  const bar = `<path d="M6 6h14v14h-14z" fill="${colour}" fill-opacity="0.85"/>`;
  return key(`${bar}<path d="M13 2v8" stroke="currentColor" stroke-width="1.6"/>`, text);
}

/** The hollow diamond of every published value. */
export function publishedKey(colour: string = COLOURS.published): Markup {
  const diamond = `<path d="M13 4.5l4 6.5l-4 6.5l-4-6.5z" fill="none" stroke="${colour}" stroke-width="1.5"/>`;
  return key(diamond, "published, attn-only-2l");
}

/** What a masked cell looks like. */
export function maskKey(): Markup {
  const sample = `<path class="mask" d="M4 4h14v14h-14z"/><path class="hatch" d="M4 18l14-14"/>`;
  return key(sample, "masked: no token sees later ones");
}

const BAR = 192;

/** The colour bar of a scale, with the values at its ends and in the middle. */
export function scaleKey(scale: ColourScale, label: string, format: (v: number) => string): Markup {
  const from = scale.kind === "diverging" ? -scale.max : 0;
  const steps = Array.from({ length: STEPS }, (_, i) => {
    const value = from + ((i + 0.5) / STEPS) * (scale.max - from);
    return `<path class="${colourClass(value, scale)}" d="M${16 + (i * BAR) / STEPS} 20h${BAR / STEPS + 0.4}v12h-${BAR / STEPS + 0.4}z"/>`;
  });
  const ticks = [0, 0.5, 1].map((share) => {
    const value = from + share * (scale.max - from);
    return `<text x="${16 + share * BAR}" y="45" font-size="11">${format(value)}</text>`;
  });
  return picture(
    { title: "", description: `Colour scale of ${label}, ${format(from)} to ${format(scale.max)}` },
    {
      width: BAR + 44,
      height: 50,
      content: `<text x="16" y="14" text-anchor="start">${escaped(label)}</text>${steps.join("")}${ticks.join("")}`,
    },
  );
}
