/**
 * @file Every error that Lookback raises on purpose. An error is data with a code; the message says
 * what was wrong, where, and what to do. It sits below all rooms so that each of them can throw it.
 */

import { nearest } from "./nearest.ts";

/** What went wrong, for programs. The message is for people. */
export type ErrorCode =
  | "unknown-hook"
  | "unused-hook"
  | "unknown-head"
  | "unknown-layer"
  | "unknown-model"
  | "unknown-token"
  | "token-out-of-range"
  | "sequence-too-long"
  | "bad-shape"
  | "not-finite"
  | "out-of-memory"
  | "freed-tensor"
  | "bad-config"
  | "bad-weights"
  | "bad-file"
  | "unsafe-file"
  | "bad-pattern"
  | "bad-spec"
  | "not-found"
  | "unauthorised"
  | "offline"
  | "unwritable"
  | "unsupported"
  | "cancelled";

/** The one error class of Lookback: `code` for programs, `message` for people, `details` for both. */
export class LookbackError extends Error {
  override readonly name = "LookbackError";
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.details = details;
  }
}

/** An error of the same code, whose message says first where it came about. */
export function inContext(
  error: LookbackError,
  where: string,
  details: Readonly<Record<string, unknown>> = {},
): LookbackError {
  const { code, message } = error;
  return new LookbackError(
    code,
    `${where}: ${message}`,
    { ...error.details, ...details },
    { cause: error },
  );
}

/** `; did you mean "blocks.1.attn.hook_z"?`, or nothing where no candidate is near. */
export function didYouMean(given: string, candidates: Iterable<string>): string {
  const best = nearest(given, candidates);
  return best === undefined ? "" : `; did you mean ${JSON.stringify(best)}?`;
}

/**
 * Checks a choice that TypeScript would have checked, for callers from JavaScript.
 *
 * @throws LookbackError `bad-spec` that lists what there is to choose from.
 */
export function checkChoice<T extends string>(
  field: string,
  given: T,
  allowed: readonly T[],
): void {
  if (allowed.includes(given)) return;
  const hint = typeof given === "string" ? didYouMean(given, allowed) : "";
  throw new LookbackError(
    "bad-spec",
    `${field}: ${JSON.stringify(given) ?? String(given)} is not one of ${allowed.join(", ")}${hint}`,
    { field, value: given, allowed },
  );
}

/**
 * Throws the `cancelled` error once the signal has fired, with its reason as cause; call it between chunks
 * of long work.
 */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new LookbackError("cancelled", "cancelled", {}, { cause: signal.reason });
}
