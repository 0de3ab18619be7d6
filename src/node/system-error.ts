/** @file Errors that the system raised, and not a mistake of ours: files, and compressed data. */

/** An error with the system's code, such as `ENOENT`, or zlib's, such as `Z_DATA_ERROR`. */
export interface SystemError extends Error {
  readonly code: string;
}

/** Whether the system, or zlib, raised an error. Errors of Node itself have a code, but no number. */
export function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && "errno" in error && "code" in error;
}

/** Whether the system raised an error with one of these codes. */
export function hasSystemCode(error: unknown, ...codes: readonly string[]): boolean {
  return isSystemError(error) && codes.includes(error.code);
}
