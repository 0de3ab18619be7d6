/** @file Keys that no other report needs. */

import { picture } from "../drawing/chart.ts";
import { escaped, type Markup } from "../page/markup.ts";

const CHARACTER = 7.2;

function key(sample: string, text: string): Markup {
  return picture(
    { title: "", description: text },
    {
      width: Math.ceil(32 + text.length * CHARACTER),
      height: 22,
      content: `${sample}<text x="30" y="15" text-anchor="start">${escaped(text)}</text>`,
    },
  );
}

/** A band from top to bottom. */
export function bandKey(text: string): Markup {
  return key(`<path d="M7 2h12v18h-12z" fill="currentColor" fill-opacity="0.14"/>`, text);
}

/** A bar of a timeline. */
export function spanKey(text: string, colour: string): Markup {
  return key(`<path d="M2 7h22v8h-22z" fill="${colour}" fill-opacity="0.75"/>`, text);
}

/** When something came to stay. */
export function appearedKey(text: string): Markup {
  return key(
    `<circle cx="13" cy="11" r="4" fill="var(--paper)" stroke="currentColor" stroke-width="1.8"/>`,
    text,
  );
}
