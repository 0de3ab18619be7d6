/** @file How specs are read: fields that are left out come from a default, and what is wrong is named. */

import type { z } from "zod";
import { LookbackError } from "../errors.ts";

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The first thing that is wrong with a spec, for people. */
function specError(what: string, error: z.ZodError): LookbackError {
  const issue = error.issues[0];
  const field = issue?.path.join(".") ?? "";
  // A part with a field too many holds all the others too.
  const isShown = issue !== undefined && issue.code !== "unrecognized_keys" && "input" in issue;
  const given = isShown ? `, got ${JSON.stringify(issue.input)}` : "";
  return new LookbackError(
    "bad-spec",
    `${what}${field === "" ? "" : ` field "${field}"`}: ${issue?.message ?? "is wrong"}${given}`,
    { field },
  );
}

/**
 * Checks a value against a schema.
 *
 * @param what `spec`, to begin the message with.
 * @throws LookbackError `bad-spec` naming the field, what it holds, and what is allowed.
 */
export function parsed<Spec>(schema: z.ZodType<Spec>, what: string, value: unknown): Spec {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  throw specError(what, result.error);
}

/**
 * A spec with what it leaves out taken from a default, part by part.
 *
 * @throws LookbackError `bad-spec` for what is no object.
 */
export function withDefaults(json: unknown, defaults: object): Record<string, unknown> {
  if (!isObject(json)) throw new LookbackError("bad-spec", "a spec is a JSON object");
  const merged: Record<string, unknown> = { ...defaults };
  for (const [key, value] of Object.entries(json)) {
    const fallback = merged[key];
    merged[key] = isObject(fallback) && isObject(value) ? withDefaults(value, fallback) : value;
  }
  return merged;
}
