/** @file The colours of a stream, as reports name them. */

import pc from "picocolors";
import type { Palette } from "../report/terminal.ts";
import { coloursOn } from "./colours.ts";

/** Colours for a terminal that has them, and none for files and pipes. */
export function paletteOf(stream: NodeJS.WriteStream): Palette {
  const { bold, dim, green, red, yellow } = pc.createColors(coloursOn(stream));
  return { bold, dim, good: green, bad: red, unsure: yellow };
}
