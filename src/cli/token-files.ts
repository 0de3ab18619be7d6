/**
 * @file Token ids and answers from JSON files, bare or as `lookback prompts` writes them, with the row and
 * column of whatever is wrong.
 */

import { z } from "zod";
import { type TokenBatch, tokenBatch } from "../model/tokens.ts";
import type { AnswerPair } from "../prompts/prompt.ts";
import { readJsonFile } from "./json-file.ts";
import { UsageError } from "./usage-error.ts";

const TokenId = z.number().int().min(0).max(0x7fff_ffff);
const Rows = z.array(z.array(TokenId).min(1)).min(1);
const AnswerRows = z.array(z.tuple([TokenId, TokenId])).min(1);

/** `row 3, column 5` for the path of an issue, as far as it goes. */
function place([row, column]: readonly PropertyKey[]): string {
  if (row === undefined) return "the file";
  return column === undefined
    ? `row ${String(row)}`
    : `row ${String(row)}, column ${String(column)}`;
}

function rowsOf<T>(
  option: string,
  path: string,
  json: unknown,
  schema: z.ZodType<T>,
  { field, expected }: { readonly field: string; readonly expected: string },
): T {
  const parsed = schema.safeParse(fieldOf(json, field) ?? json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UsageError(
    `${option} ${path}: ${place(issue?.path ?? [])} is wrong (${issue?.message}); the file must hold ${expected}, or an object that has them as "${field}", as \`lookback prompts --json\` prints it`,
  );
}

/** What an object has under a name; undefined of anything else. */
function fieldOf(json: unknown, field: string): unknown {
  const isObject = typeof json === "object" && json !== null && !Array.isArray(json);
  return isObject && Object.hasOwn(json, field)
    ? (json as Record<string, unknown>)[field]
    : undefined;
}

/** Prompts of a file, and the position at which their answers are read. */
export interface PromptFile {
  readonly tokens: TokenBatch;
  /** As the file says, or the last. */
  readonly read: number;
}

/**
 * Rows of token ids, all of one length, and where to read. Rows and columns count from 0.
 *
 * @throws UsageError naming the option, the file, the row and the column.
 */
export async function readPromptFile(option: string, path: string): Promise<PromptFile> {
  const json = await readJsonFile(option, path);
  const rows = rowsOf(option, path, json, Rows, {
    field: "tokens",
    expected: "a JSON array of rows of token ids",
  });
  const length = rows[0]?.length ?? 0;
  const uneven = rows.findIndex((row) => row.length !== length);
  if (uneven !== -1) {
    throw new UsageError(
      `${option} ${path}: row ${uneven} has ${rows[uneven]?.length} token ids and row 0 has ${length}; all rows need one length`,
    );
  }
  const read = fieldOf(json, "read") ?? length - 1;
  if (!Number.isInteger(read) || Number(read) < 0 || Number(read) >= length) {
    throw new UsageError(
      `${option} ${path}: "read" must be a position of the prompts, 0 to ${length - 1}, got ${JSON.stringify(read)}`,
    );
  }
  return { tokens: tokenBatch(rows), read: Number(read) };
}

/** The rows of {@link readPromptFile} alone. */
export async function readTokenFile(option: string, path: string): Promise<TokenBatch> {
  return (await readPromptFile(option, path)).tokens;
}

/**
 * The answers of each row, `[right, wrong]`.
 *
 * @throws UsageError naming the option, the file, the row and the column.
 */
export async function readAnswerFile(option: string, path: string): Promise<AnswerPair[]> {
  return rowsOf(option, path, await readJsonFile(option, path), AnswerRows, {
    field: "answers",
    expected: "a JSON array of [right, wrong] pairs of token ids",
  });
}
