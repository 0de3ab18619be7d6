/** @file How specs are read: fields that are left out come from a default, and what is wrong is named. */

import type { z } from "zod";
import { didYouMean, LookbackError } from "../errors.ts";

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What is left of a schema that allows null, or nothing, besides. */
function unwrapped(schema: unknown): unknown {
  let inner = schema;
  while (isObject(inner) && "unwrap" in inner && typeof inner.unwrap === "function") {
    inner = inner.unwrap();
  }
  return inner;
}

/** The fields that the schema has at a path; undefined where it has no such part. */
function fieldsAt(
  schema: unknown,
  path: readonly PropertyKey[],
): Record<string, unknown> | undefined {
  const inner = unwrapped(schema);
  if (!isObject(inner) || !isObject(inner.shape)) return undefined;
  const [next, ...rest] = path;
  return next === undefined ? { ...inner.shape } : fieldsAt(inner.shape[String(next)], rest);
}

/** The field that was meant by one that there is not, or those that there are. */
function suggestion(
  { keys, path }: { readonly keys: readonly string[]; readonly path: readonly PropertyKey[] },
  schema: z.ZodType,
): string {
  const known = Object.keys(fieldsAt(schema, path) ?? {});
  if (known.length === 0) return "";
  return didYouMean(keys[0] ?? "", known) || `; there are ${known.join(", ")}`;
}

/** The first thing that is wrong with a spec, for people. */
function specError(schema: z.ZodType, what: string, error: z.ZodError): LookbackError {
  // A field that is misspelt is the cause where one is missing.
  const unknown = error.issues.find(({ code }) => code === "unrecognized_keys");
  const issue = unknown ?? error.issues[0];
  const field = issue?.path.join(".") ?? "";
  // A part with a field too many holds all the others too; of a field that is not there, that is all.
  const isShown = issue?.code !== "unrecognized_keys" && issue?.input !== undefined;
  const given = isShown ? `, got ${JSON.stringify(issue.input)}` : "";
  const meant = issue?.code === "unrecognized_keys" ? suggestion(issue, schema) : "";
  return new LookbackError(
    "bad-spec",
    `${what}${field === "" ? "" : ` field "${field}"`}: ${issue?.message ?? "is wrong"}${given}${meant}`,
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
  throw specError(schema, what, result.error);
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
