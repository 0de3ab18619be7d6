/**
 * @file The worker: answers questions one after the other, those that are seen first before those that take
 * long, and none that was dropped. A model is fetched meanwhile.
 */

import { problemOf } from "./problem.ts";
import type { FromWorker, ToWorker, Work, WorkKind } from "./protocol.ts";
import { type Job, Queue, type Turn } from "./queue.ts";
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
  "sureRoles",
];

const MANNERS: Readonly<Partial<Record<WorkKind, NonNullable<Job["manner"]>>>> = {
  load: "exclusive",
  sureRoles: "background",
};

/** How long a reader does nothing before there is time for work that can wait, in milliseconds. */
const QUIET_TIME = 3000;

type Question = Exclude<ToWorker, { readonly kind: "cancel" }>;

const workplace = new Workplace();
const queue = new Queue(QUIET_TIME);
/** Models that are on their way, by question. */
const fetching = new Map<number, AbortController>();

function send(message: FromWorker): void {
  globalThis.postMessage(message);
}

function toolsFor(id: number, { signal, pause }: Turn): WorkTools<WorkKind> {
  return {
    signal,
    pause,
    onPart: (part) => send({ id, kind: "part", part }),
    onProgress: (share, words = "") => send({ id, kind: "progress", share, words }),
  };
}

/** Sends what comes of some work, unless it was dropped. Never rejects. */
async function report(id: number, signal: AbortSignal, work: Promise<unknown>): Promise<void> {
  try {
    const result = await work;
    if (!signal.aborted) send({ id, kind: "result", result });
  } catch (error) {
    if (!signal.aborted) send({ id, kind: "problem", problem: problemOf(error) });
  }
}

function enqueue({ id, kind }: Question, work: (tools: WorkTools<WorkKind>) => Promise<unknown>) {
  const manner = MANNERS[kind];
  queue.add({
    id,
    rank: ORDER.indexOf(kind),
    ...(manner && { manner }),
    run: (turn) => report(id, turn.signal, work(toolsFor(id, turn))),
  });
}

/** What is there can be worked with until the model that comes has been fetched. */
async function load(question: Extract<Question, { readonly kind: "load" }>): Promise<void> {
  const { id, ask } = question;
  const cancellation = new AbortController();
  const { signal } = cancellation;
  fetching.set(id, cancellation);
  try {
    const { onProgress } = toolsFor(id, { signal, pause: async () => {} });
    const model = await workplace.fetch(ask, { signal, onProgress });
    if (!signal.aborted) enqueue(question, (tools) => workplace.load(ask, model, tools));
  } catch (error) {
    if (!signal.aborted) send({ id, kind: "problem", problem: problemOf(error) });
  } finally {
    fetching.delete(id);
  }
}

globalThis.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if (data.kind === "cancel") {
    fetching.get(data.id)?.abort();
    queue.cancel(data.id);
    return;
  }
  if (data.kind === "load") {
    void load(data);
    return;
  }
  const work = workplace[data.kind] as (
    ask: Work[WorkKind]["ask"],
    tools: WorkTools<WorkKind>,
  ) => Promise<unknown>;
  enqueue(data, async (tools) => work.call(workplace, data.ask, tools));
};
