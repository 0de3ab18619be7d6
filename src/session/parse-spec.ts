/** @file Reading a session from a link or a file: every field is checked, and those left out filled in. */

import { z } from "zod";
import { didYouMean, LookbackError } from "../errors.ts";
import { MAX_LENGTH } from "../prompts/spec.ts";
import { SESSION_COMPONENTS, type SessionSpec } from "./spec.ts";

/** What is seen first: the post's prompts of length 3. */
export const DEFAULT_SESSION: SessionSpec = {
  prompt: {
    kind: "repeated",
    length: 3,
    batch: 64,
    seed: 0,
    side: "query",
    order: "first-second",
    gap: 0,
    distance: 0,
  },
  runs: "clean",
  mode: "total",
  interventions: [],
  answers: null,
};

/** Beyond these a session is a slip: a page holds its prompts and patterns in memory. */
const MAX_BATCH = 10_000;
const MAX_TEXT = 100_000;
const MAX_INTERVENTIONS = 1000;

/** Characters of a wrong value that a message shows. */
const MOST_SHOWN = 200;

const batch = z.int().min(1).max(MAX_BATCH);
const seed = z.int().min(0).max(0xffffffff);
const index = z.int().min(0).max(MAX_LENGTH);
const text = z.string().max(MAX_TEXT);
const filler = z.int().min(0).max(MAX_LENGTH);
const token = z.int().min(0).max(0x7fffffff);

/** Of a union, zod says no more than that nothing fits. */
function oneOf(words: readonly string[]) {
  const expected = `expected an object whose "kind" is ${words.map((word) => `"${word}"`).join(" or ")}`;
  return {
    error: (issue: { readonly code?: string | undefined }) =>
      issue.code === "invalid_union" ? expected : undefined,
  };
}

const prompt = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({
      kind: z.literal("pattern"),
      pattern: text,
      corrupted: text.nullable().default(null),
      batch: batch.default(1),
      seed: seed.default(0),
    }),
    z.strictObject({
      kind: z.literal("repeated"),
      length: z.int().min(2).max(MAX_LENGTH),
      batch: batch.default(64),
      seed: seed.default(0),
      side: z.enum(["query", "keys"]).default("query"),
      order: z.enum(["first-second", "second-first"]).default("first-second"),
      gap: filler.default(0),
      distance: filler.default(0),
    }),
    z.strictObject({
      kind: z.literal("text"),
      text,
      corrupted: text.nullable().default(null),
    }),
  ],
  oneOf(["pattern", "repeated", "text"]),
);

const place = {
  head: z.strictObject({ layer: index, head: index }),
  position: index.nullable().default(null),
};

const intervention = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({ kind: z.literal("patch"), component: z.enum(SESSION_COMPONENTS), ...place }),
    z.strictObject({
      kind: z.literal("ablate"),
      by: z.enum(["zero", "mean", "resample"]),
      ...place,
    }),
  ],
  oneOf(["patch", "ablate"]),
);

const session = z.strictObject({
  prompt: prompt.default(DEFAULT_SESSION.prompt as z.infer<typeof prompt>),
  runs: z.enum(["clean", "corrupted"]).default("clean"),
  mode: z.enum(["total", "position-only", "token-only"]).default("total"),
  interventions: z.array(intervention).max(MAX_INTERVENTIONS).default([]),
  answers: z.tuple([token, token]).nullable().default(null),
});
const schema: z.ZodType<SessionSpec> = session;

/** The fields of the object at a path that holds one too many, of the kind that it says it is. */
function fieldsAt(path: readonly PropertyKey[], value: unknown): string[] {
  const [field] = path;
  if (path.at(-1) === "head") return Object.keys(place.head.shape);
  if (field === undefined) return Object.keys(session.shape);
  const { options } = field === "prompt" ? prompt : intervention;
  const kind = (value as { readonly kind?: unknown }).kind;
  const option = options.find(({ shape }) => shape.kind.value === kind);
  return Object.keys(option?.shape ?? {});
}

/**
 * Checks a session that may leave fields out; those come from {@link DEFAULT_SESSION}. What only a model
 * can tell (heads, tokens, positions) is checked when the session runs.
 *
 * @throws LookbackError `bad-spec` naming the field, what it holds, and what is allowed.
 */
export function parseSessionSpec(json: unknown): SessionSpec {
  const parsed = schema.safeParse(json, { reportInput: true });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path ?? [];
  const value = issue !== undefined && "input" in issue ? issue.input : undefined;
  const named = path.length === 0 ? "session" : `session field "${path.join(".")}"`;
  throw new LookbackError("bad-spec", `${named}: ${problemOf(issue, value)}`, {
    field: path.join("."),
    value,
  });
}

function problemOf(issue: z.core.$ZodIssue | undefined, value: unknown): string {
  if (issue?.code === "unrecognized_keys") {
    const [unknown = ""] = issue.keys;
    const fields = fieldsAt(issue.path, value);
    return `there is no field "${shortened(unknown)}"; there are ${fields.join(", ")}${didYouMean(unknown, fields)}`;
  }
  return `${issue?.message ?? "is wrong"}, got ${shortened(JSON.stringify(value) ?? "nothing")}`;
}

/** A link may hold anything; a message that people read may not. */
function shortened(json: string): string {
  return json.length <= MOST_SHOWN ? json : `${json.slice(0, MOST_SHOWN)}…`;
}
