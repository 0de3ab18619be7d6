/**
 * @file JSON that can be repeated, compared and cited: the same value is always the same bytes,
 * numbers as in `six-digits.ts`.
 */

import { LookbackError } from "../errors.ts";
import { sixDigits } from "../six-digits.ts";

function numberText(value: number, path: string): string {
  if (!Number.isFinite(value)) {
    throw new LookbackError("not-finite", `the result holds ${value} at ${path || "its root"}`, {
      path,
    });
  }
  return JSON.stringify(sixDigits(value));
}

function isScalar(value: unknown): boolean {
  return value === null || typeof value !== "object";
}

function isFlat(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.every(isScalar);
}

function write(value: unknown, path: string, indent: string): string {
  if (typeof value === "number") return numberText(value, path);
  if (value === null || typeof value === "string" || typeof value === "boolean") {
    return JSON.stringify(value);
  }
  if (typeof value !== "object") {
    throw new TypeError(`${path} is of type ${typeof value}, which JSON cannot hold`);
  }
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const items = value.map((item, i) => write(item, `${path}[${i}]`, inner));
    if (items.length === 0 || isFlat(value)) return `[${items.join(", ")}]`;
    return `[\n${inner}${items.join(`,\n${inner}`)}\n${indent}]`;
  }
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .map(([key, field]) => {
      const name = path === "" ? key : `${path}.${key}`;
      return `${JSON.stringify(key)}: ${write(field, name, inner)}`;
    });
  return fields.length === 0 ? "{}" : `{\n${inner}${fields.join(`,\n${inner}`)}\n${indent}}`;
}

/**
 * A plain value as indented JSON, ending with a newline: keys in the order in which the value has
 * them, an array of scalars on one line, fields that are `undefined` left out.
 *
 * @throws LookbackError `not-finite` with the path of a NaN or an infinity, for which JSON has no
 *   name and a result no use.
 */
export function stableJson(value: unknown): string {
  return `${write(value, "", "")}\n`;
}
