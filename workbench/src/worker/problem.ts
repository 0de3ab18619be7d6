/** @file What went wrong in a worker, as it can cross over to the page. */

import { LookbackError } from "../../../src/errors.ts";
import type { Problem } from "./protocol.ts";

/** Why a worker has stopped: an error of its own, or its script does not come, of which the event says nothing. */
export function whyStopped({ message }: Partial<ErrorEvent>): string {
  return message || "its script cannot be loaded";
}

/** An error in words; those of the library are made to be read. */
export function problemOf(error: unknown): Problem {
  if (error instanceof LookbackError) return { code: error.code, message: error.message };
  const message = error instanceof Error ? error.message : String(error);
  return { code: "internal", message: `something went wrong inside: ${message}` };
}
