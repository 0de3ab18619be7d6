/** @file What a stream can show: so many characters in a line, and colours or none. */

import { coloursOn } from "./colours.ts";

/** How text is to look. */
export interface Look {
  /** Characters in a line. */
  readonly width: number;
  readonly colours: boolean;
}

/** Characters in a line of files and pipes. */
const USUAL_WIDTH = 100;

/** How text on a stream is to look. */
export function lookOf(stream: NodeJS.WriteStream): Look {
  return { width: stream.columns || USUAL_WIDTH, colours: coloursOn(stream) };
}
