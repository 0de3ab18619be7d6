/**
 * @file The colours of numbers: those of the report, as bytes for a canvas. A test holds the two
 * together; the report's own are made with a drawing library that is too large for a page.
 */

type Lab = readonly [l: number, a: number, b: number];
type Rgb = readonly [r: number, g: number, b: number];

/** How values become colours. */
export interface ColourScale {
  readonly kind: "sequential" | "diverging";
  /** The value, or magnitude, that has the full colour. */
  readonly max: number;
}

export type Theme = "light" | "dark";

/**
 * From the lowest value to the highest. The one convention of the page for signs: blue is above zero and
 * towards the right answer (`--right`), orange below zero and towards the wrong one (`--wrong`), in
 * matrices as in bars.
 */
const STOPS = {
  sequential: {
    light: ["#f3f6fa", "#6aa3d5", "#0a2d5e"],
    dark: ["#1c2733", "#4a87c0", "#eaf4ff"],
  },
  diverging: {
    light: ["#8f2d04", "#e59a6b", "#f2f2ef", "#7fb0d8", "#12497f"],
    dark: ["#ffd9bd", "#c4713d", "#262b31", "#4788c2", "#bfe0ff"],
  },
} as const;

/** The white that CIELAB is relative to (D50), and the sRGB matrices for it. */
const WHITE = [0.96422, 1, 0.82521] as const;

function linear(channel: number): number {
  const c = channel / 255;
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
}

function gamma(c: number): number {
  const channel = c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055;
  return Math.max(0, Math.min(255, Math.round(channel * 255)));
}

const EPSILON = (6 / 29) ** 3;

function forward(t: number): number {
  return t > EPSILON ? Math.cbrt(t) : t / (3 * (6 / 29) ** 2) + 4 / 29;
}

function backward(t: number): number {
  return t > 6 / 29 ? t ** 3 : 3 * (6 / 29) ** 2 * (t - 4 / 29);
}

function labOf(hex: string): Lab {
  const [r, g, b] = [1, 3, 5].map((i) => linear(Number.parseInt(hex.slice(i, i + 2), 16))) as [
    number,
    number,
    number,
  ];
  const x = forward((0.4360747 * r + 0.3850649 * g + 0.1430804 * b) / WHITE[0]);
  const y = forward((0.2225045 * r + 0.7168786 * g + 0.0606169 * b) / WHITE[1]);
  const z = forward((0.0139322 * r + 0.0971045 * g + 0.7141733 * b) / WHITE[2]);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function rgbOf([l, a, b]: Lab): Rgb {
  const fy = (l + 16) / 116;
  const x = WHITE[0] * backward(fy + a / 500);
  const y = WHITE[1] * backward(fy);
  const z = WHITE[2] * backward(fy - b / 200);
  return [
    gamma(3.1338561 * x - 1.6168667 * y - 0.4906146 * z),
    gamma(-0.9787684 * x + 1.9161415 * y + 0.033454 * z),
    gamma(0.0719453 * x - 0.2289914 * y + 1.4052427 * z),
  ];
}

const STEPS = 256;

function ramp(stops: readonly string[]): Uint8ClampedArray {
  const labs = stops.map(labOf);
  const colours = new Uint8ClampedArray((STEPS + 1) * 3);
  for (let step = 0; step <= STEPS; step++) {
    const at = (step / STEPS) * (labs.length - 1);
    const i = Math.min(labs.length - 2, Math.floor(at));
    const [from, to] = [labs[i], labs[i + 1]] as [Lab, Lab];
    const mixed = from.map((value, axis) => value + ((to[axis] as number) - value) * (at - i));
    colours.set(rgbOf(mixed as unknown as Lab), step * 3);
  }
  return colours;
}

const RAMPS = {
  sequential: { light: ramp(STOPS.sequential.light), dark: ramp(STOPS.sequential.dark) },
  diverging: { light: ramp(STOPS.diverging.light), dark: ramp(STOPS.diverging.dark) },
};

function stepOf(value: number, { kind, max }: ColourScale): number {
  const share = max === 0 ? 0 : value / max;
  const position = kind === "sequential" ? share : (share + 1) / 2;
  return Math.round(Math.min(1, Math.max(0, position)) * STEPS);
}

/** The colour of a value as bytes. */
export function colourBytes(value: number, scale: ColourScale, theme: Theme): Rgb {
  const ofRamp = RAMPS[scale.kind][theme];
  const at = stepOf(value, scale) * 3;
  return [ofRamp[at] ?? 0, ofRamp[at + 1] ?? 0, ofRamp[at + 2] ?? 0];
}

/** The colour of a value, `#rrggbb`. */
export function colourOf(value: number, scale: ColourScale, theme: Theme): string {
  return hexOf(colourBytes(value, scale, theme));
}

function hexOf(bytes: Rgb): string {
  return `#${bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** The luminance at which black and white can be read equally well: 4.58 to 1. */
const MIDDLE_LUMINANCE = Math.sqrt(1.05 * 0.05) - 0.05;

/** Black or white, whichever can be read on the colour of a value. */
export function inkOn(value: number, scale: ColourScale, theme: Theme): string {
  const [r, g, b] = colourBytes(value, scale, theme).map(linear) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > MIDDLE_LUMINANCE ? "#000000" : "#ffffff";
}

/** How strong stripes are: a share of the value that may be nothing, but so strong that they are seen. */
const FAINT = { share: 0.4, least: 0.12 } as const;

/** A hatched cell: faint stripes of a value's colour on that of nothing, and ink that reads on both. */
export interface Hatching {
  readonly stripe: string;
  readonly ground: string;
  readonly ink: string;
}

function faint(value: number, { max }: ColourScale): number {
  const strength = Math.max(FAINT.least * max, FAINT.share * Math.min(max, Math.abs(value)));
  return value < 0 ? -strength : strength;
}

/** Stripe and ground of a value that does not differ from zero, as bytes. */
export function hatchingBytes(
  value: number,
  scale: ColourScale,
  theme: Theme,
): readonly [stripe: Rgb, ground: Rgb] {
  return [colourBytes(faint(value, scale), scale, theme), colourBytes(0, scale, theme)];
}

/** The hatching of a value that does not differ from zero. */
export function hatchingOf(value: number, scale: ColourScale, theme: Theme): Hatching {
  const [stripe, ground] = hatchingBytes(value, scale, theme).map(hexOf) as [string, string];
  return { stripe, ground, ink: inkOn(faint(value, scale), scale, theme) };
}

/** A hatching as CSS has it, for backgrounds. */
export function hatchingStyle({ stripe, ground }: Pick<Hatching, "stripe" | "ground">): string {
  return `repeating-linear-gradient(135deg, ${stripe} 0 2px, ${ground} 2px 6px)`;
}
