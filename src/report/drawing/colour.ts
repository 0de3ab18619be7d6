/**
 * @file The colours of the report. Colours have names, and a name has one colour on light paper and
 * one on dark: pictures say `var(--right)` or `class="s12"`, the page's style says what that is. All
 * pairs that must be told apart differ in lightness or shape as well as in hue.
 */

import * as Plot from "@observablehq/plot";

/** Steps of a scale from nothing to full. */
export const STEPS = 48;

/** Names of the colours that marks take. */
export const COLOURS = {
  /** The token that is right, B. */
  right: "var(--right)",
  /** The token that is wrong: D, C or X2. */
  wrong: "var(--wrong)",
  /** A third series. */
  third: "var(--third)",
  /** What has no role. */
  other: "var(--other)",
  /** What was published, of another model or of the same. */
  published: "var(--published)",
} as const;

/** Light and dark of each name; also of the page around the pictures. */
const NAMED: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  paper: ["#fdfdfb", "#14171b"],
  raised: ["#f4f4f0", "#1d2127"],
  ink: ["#1b1e22", "#e6e8ea"],
  quiet: ["#565c64", "#a3abb4"],
  line: ["#d6d6d0", "#363c44"],
  link: ["#0b57a4", "#7fb8f0"],
  right: ["#0a62ab", "#5aaef2"],
  wrong: ["#b84a0c", "#ff9d66"],
  third: ["#3f7d2c", "#8fce74"],
  other: ["#8a929b", "#79828c"],
  published: ["#1b1e22", "#ffffff"],
  good: ["#1d6b2f", "#82d194"],
  bad: ["#a81c2a", "#ff8f95"],
  mask: ["#ecece7", "#20252b"],
  hatch: ["#c3c3bb", "#3d454e"],
};

/** Interpolated in CIELAB, with lightness in even steps: equal differences look equal. */
function ramp(colours: readonly string[], domain: readonly number[]): (value: number) => string {
  const { apply } = Plot.scale({
    color: { type: "linear", domain, range: colours, interpolate: "lab" },
  }) as { apply: (value: number) => string };
  return (value) => hex(apply(value));
}

function hex(rgb: string): string {
  const channels = rgb.match(/\d+/g) ?? [];
  return `#${channels.map((channel) => Number(channel).toString(16).padStart(2, "0")).join("")}`;
}

const SEQUENTIAL = {
  light: ramp(["#f3f6fa", "#6aa3d5", "#0a2d5e"], [0, 0.5, 1]),
  dark: ramp(["#1c2733", "#4a87c0", "#eaf4ff"], [0, 0.5, 1]),
};

/** Blue above zero, towards what is right; orange below, as the colours of the two answers. */
const DIVERGING = {
  light: ramp(["#8f2d04", "#e59a6b", "#f2f2ef", "#7fb0d8", "#12497f"], [-1, -0.5, 0, 0.5, 1]),
  dark: ramp(["#ffd9bd", "#c4713d", "#262b31", "#4788c2", "#bfe0ff"], [-1, -0.5, 0, 0.5, 1]),
};

/** How values become colours: the same for every picture of a figure. */
export interface ColourScale {
  readonly kind: "sequential" | "diverging";
  /** The value, or magnitude, that has the full colour. */
  readonly max: number;
}

/** The class of a value's colour, `s0` to `s48` or `d-48` to `d48`. */
export function colourClass(value: number, { kind, max }: ColourScale): string {
  const share = max === 0 ? 0 : value / max;
  const step = Math.round(Math.min(1, Math.max(kind === "diverging" ? -1 : 0, share)) * STEPS);
  return kind === "sequential" ? `s${step}` : `d${step}`;
}

/** Whether writing on a value's colour needs the other ink. */
export function isStrong(value: number, { max }: ColourScale): boolean {
  return Math.abs(value) > 0.65 * max;
}

/** Whether writing on a value's colour needs the other ink on dark paper alone, where colours are lighter. */
export function isMiddling(value: number, { max }: ColourScale): boolean {
  return Math.abs(value) > 0.42 * max && Math.abs(value) <= 0.65 * max;
}

const NAMED_RULES = Object.entries(NAMED)
  .map(([name, [light, dark]]) => `--${name}:light-dark(${light},${dark})`)
  .join(";");

function stepRules(): string {
  const rules: string[] = [];
  const rule = (name: string, light: string, dark: string) =>
    rules.push(`.${name}{fill:light-dark(${light},${dark})}`);
  for (let step = 0; step <= STEPS; step++) {
    rule(`s${step}`, SEQUENTIAL.light(step / STEPS), SEQUENTIAL.dark(step / STEPS));
  }
  for (let step = -STEPS; step <= STEPS; step++) {
    rule(`d${step}`, DIVERGING.light(step / STEPS), DIVERGING.dark(step / STEPS));
  }
  return rules.join("");
}

/** The part of the page's style that gives every name its colours. */
export const COLOUR_STYLE = `:root{${NAMED_RULES}}${stepRules()}`;
