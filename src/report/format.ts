/**
 * @file Numbers as people read them: so many digits as the quantity deserves, a true minus sign, and
 * an interval beside every mean.
 */

import type { Estimate } from "../measures/statistics.ts";

/** Writes one kind of number. */
export type Format = (value: number) => string;

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

function signed(text: string): string {
  // "-0.00" is zero.
  return /^-[0.]*$/.test(text) ? text.slice(1) : text.replace("-", "−");
}

/** So many decimals, however small the number. */
export function fixed(digits: number): Format {
  return (value) => signed(value.toFixed(digits));
}

/** `7.3 × 10⁻⁶` */
function scientific(value: number): string {
  const [mantissa = "", exponent = "0"] = value.toExponential(1).split("e");
  const power = Array.from(exponent.replace(/^[+-]/, ""), (digit) => SUPERSCRIPTS[Number(digit)]);
  return `${signed(mantissa)} × 10${exponent.startsWith("-") ? "⁻" : ""}${power.join("")}`;
}

/** A probability with four decimals, as in the post's data; in powers of ten where that shows none. */
export const probability: Format = (value) =>
  value !== 0 && Math.abs(value) < 0.00005 ? scientific(value) : fixed(4)(value);

/** A share of attention, three decimals; in powers of ten where that shows none. */
export const share: Format = (value) =>
  value !== 0 && Math.abs(value) < 0.0005 ? scientific(value) : fixed(3)(value);

/** A logit difference or a score, in nats. */
export const logits: Format = fixed(2);

/** A normalised effect, 0 to 1 and beyond. */
export const effect: Format = fixed(2);

/** Any number, three significant digits. */
export const plain: Format = (value) => {
  const magnitude = Math.abs(value);
  if (value === 0) return "0";
  if (magnitude < 1e-3 || magnitude >= 1e6) return scientific(value);
  return signed(magnitude >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString());
};

/** `1,350,144` */
export function whole(value: number): string {
  return value.toLocaleString("en-US");
}

/** `38%` */
export function percent(value: number): string {
  return `${fixed(0)(value * 100)}%`;
}

/** Whether an interval means anything: a single prompt says nothing of the spread. */
export function hasInterval({ n }: Estimate): boolean {
  return n > 1;
}

/** `[2.80, 3.13]`, or nothing for a single prompt. */
export function interval(estimate: Estimate, format: Format): string {
  const [low, high] = estimate.ci95;
  return hasInterval(estimate) ? `[${format(low)}, ${format(high)}]` : "";
}

/** `2.96 [2.80, 3.13]` */
export function withInterval(estimate: Estimate, format: Format): string {
  return `${format(estimate.mean)} ${interval(estimate, format)}`.trimEnd();
}
