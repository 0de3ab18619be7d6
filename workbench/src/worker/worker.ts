/**
 * @file The worker: one question after the other, those that are seen first before those that take long,
 * and none that was dropped.
 */

import { LookbackError } from "../../../src/errors.ts";
import type { FromWorker, Problem, ToWorker, Work, WorkKind } from "./protocol.ts";
import { Workplace, type WorkTools } from "./workplace.ts";

/** The order in which questions that wait are taken. */
const ORDER: readonly WorkKind[] = [
  "load",
  "commands",
  "prompts",
  "attention",
  "answer",
  "patches",
  "roles",
  "table",
];

type Question = Exclude<ToWorker, { readonly kind: "cancel" }>;

interface Waiting {
  readonly question: Question;
  readonly cancellation: AbortController;
}

const workplace = new Workplace();
const waiting: Waiting[] = [];
let current: Waiting | undefined;

function send(message: FromWorker): void {
  globalThis.postMessage(message);
}

function problemOf(error: unknown): Problem {
  if (error instanceof LookbackError) return { code: error.code, message: error.message };
  const message = error instanceof Error ? error.message : String(error);
  return { code: "internal", message: `something went wrong inside: ${message}` };
}

async function answer({ question, cancellation }: Waiting): Promise<void> {
  const { id, kind, ask } = question;
  const { signal } = cancellation;
  const tools: WorkTools<WorkKind> = {
    signal,
    onPart: (part) => send({ id, kind: "part", part }),
    onProgress: (share, words = "") => send({ id, kind: "progress", share, words }),
  };
  try {
    const work = workplace[kind] as (
      ask: Work[WorkKind]["ask"],
      tools: WorkTools<WorkKind>,
    ) => Promise<unknown>;
    const result = await work.call(workplace, ask, tools);
    if (!signal.aborted) send({ id, kind: "result", result });
  } catch (error) {
    if (!signal.aborted) send({ id, kind: "problem", problem: problemOf(error) });
  }
}

async function takeNext(): Promise<void> {
  if (current !== undefined) return;
  waiting.sort((a, b) => ORDER.indexOf(a.question.kind) - ORDER.indexOf(b.question.kind));
  current = waiting.shift();
  if (current === undefined) return;
  await answer(current);
  current = undefined;
  void takeNext();
}

globalThis.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if (data.kind === "cancel") {
    if (current?.question.id === data.id) current.cancellation.abort();
    const place = waiting.findIndex(({ question }) => question.id === data.id);
    if (place !== -1) waiting.splice(place, 1);
    return;
  }
  waiting.push({ question: data, cancellation: new AbortController() });
  void takeNext();
};
