/** @file What has come of a question to the worker. */

import type { Problem } from "../worker/protocol.ts";

/** What has come of one kind of question. */
export interface Found<T> {
  /** The latest result, or part of one; it stays while the next is on its way. */
  readonly value: T | undefined;
  /** Whether the value belongs to an earlier question. */
  readonly isOld: boolean;
  readonly problem: Problem | undefined;
  readonly isWorking: boolean;
  /** Of the work under way, 0 to 1. */
  readonly share: number;
  readonly words: string;
}

export const NOTHING: Found<never> = {
  value: undefined,
  isOld: false,
  problem: undefined,
  isWorking: false,
  share: 0,
  words: "",
};
