/** @file A screen of its own on a terminal, drawn over and over, and the terminal as it was afterwards. */

const ENTER = "\u001b[?1049h\u001b[?25l\u001b[?7l"; // other screen, no cursor, long lines are cut
const LEAVE = "\u001b[?7h\u001b[?25h\u001b[?1049l";
const HOME = "\u001b[H";
const ERASE_LINE = "\u001b[K";
const ERASE_BELOW = "\u001b[J";

/** What is drawn on. */
export interface Screen {
  readonly draw: (text: string) => void;
  readonly close: () => void;
}

/** Opens the other screen of a terminal; whatever ends the process, the usual one comes back. */
export function openScreen(stream: NodeJS.WriteStream): Screen {
  let isOpen = true;
  const close = () => {
    if (!isOpen) return;
    isOpen = false;
    process.off("exit", close);
    stream.write(LEAVE);
  };
  process.once("exit", close);
  stream.write(ENTER);
  return {
    draw(text) {
      const lines = text
        .trimEnd()
        .split("\n")
        .slice(0, Math.max(1, stream.rows - 1));
      stream.write(
        `${HOME}${lines.map((line) => `${line}${ERASE_LINE}`).join("\r\n")}${ERASE_BELOW}`,
      );
    },
    close,
  };
}
