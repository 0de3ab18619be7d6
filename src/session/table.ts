/**
 * @file The post's table and its relatives in a session: the answer at several lengths, gaps, distances or
 * orders, with interventions on. All rows grow together, so that the whole curve is there soon and its
 * intervals close in on it.
 */

import { LookbackError, throwIfCancelled } from "../errors.ts";
import { pairMeasures } from "../measures/pair-measures.ts";
import { type Estimate, estimate } from "../measures/statistics.ts";
import { headLabel } from "../model/heads.ts";
import { checkTokens } from "../model/tokens.ts";
import type { RepeatedOrder } from "../prompts/repeated.ts";
import { sessionAnswers } from "./answers.ts";
import { checkInterventions } from "./interventions.ts";
import type { LongWork, Session } from "./session.ts";
import { sessionRun } from "./session-run.ts";
import type { PromptSource, SessionSpec } from "./spec.ts";
import type { TableAxis } from "./table-sweep.ts";

/** One row of a table. */
export interface SessionTableRow {
  readonly value: number | RepeatedOrder;
  /** logit(right) - logit(wrong) */
  readonly logitDifference: Estimate;
  /** Their probabilities. */
  readonly right: Estimate;
  readonly wrong: Estimate;
  /** Prompts behind the numbers, and how many there will be. */
  readonly n: number;
  readonly total: number;
}

/** A value of the axis whose prompts do not fit the model: there is no number to it. */
export interface UnfitTableRow {
  readonly value: SessionTableRow["value"];
  /** Why not. */
  readonly problem: string;
  readonly logitDifference?: undefined;
  readonly n?: undefined;
}

/** How a table is made. */
export interface TableOptions extends LongWork {
  /** Called with a row and its place whenever it has grown. */
  readonly onRow?: (row: SessionTableRow, index: number) => void;
  /** Called before any work with each value that does not fit, which then has no row; else it is an error. */
  readonly onUnfit?: (row: UnfitTableRow, index: number) => void;
}

/** Prompts that are added to a row at a time. */
const ROWS_AT_A_TIME = 64;

/** The same session asked about another value. */
export function specAt(spec: SessionSpec, axis: TableAxis, index: number): SessionSpec {
  const { prompt } = spec;
  if (prompt.kind !== "repeated") {
    throw new LookbackError(
      "bad-spec",
      `prompt: a table over ${axis.over} needs repeated sequences, not a ${prompt.kind}`,
      { field: "prompt", value: prompt },
    );
  }
  const placed = spec.interventions.find(({ position }) => position !== null);
  if (placed !== undefined) {
    const { head, position } = placed;
    throw new LookbackError(
      "bad-spec",
      `positions move with the ${axis.over}, so ${headLabel(head)} cannot be changed at position ${position} alone; change it at all positions`,
      { field: `interventions.${spec.interventions.indexOf(placed)}.position`, value: position },
    );
  }
  const varied = { ...prompt, [axis.over]: axis.values[index] } as PromptSource;
  return { ...spec, prompt: varied };
}

/** What has been measured of one row. */
class GrowingRow {
  readonly #value: SessionTableRow["value"];
  readonly #total: number;
  readonly #differences: number[] = [];
  readonly #right: number[] = [];
  readonly #wrong: number[] = [];

  constructor(value: SessionTableRow["value"], total: number) {
    this.#value = value;
    this.#total = total;
  }

  add({ logitDiff, pRight, pWrong }: ReturnType<typeof pairMeasures>): void {
    this.#differences.push(...logitDiff);
    this.#right.push(...pRight);
    this.#wrong.push(...pWrong);
  }

  get row(): SessionTableRow {
    return {
      value: this.#value,
      logitDifference: estimate(this.#differences),
      right: estimate(this.#right),
      wrong: estimate(this.#wrong),
      n: this.#differences.length,
      total: this.#total,
    };
  }
}

/** What keeps a session's prompts out of the model, if it is no more than their length. */
function unfitness(session: Session, { prompt }: SessionSpec): LookbackError | undefined {
  try {
    checkTokens(session.prompts(prompt).clean, session.model.config);
    return undefined;
  } catch (error) {
    if (error instanceof LookbackError && error.code === "sequence-too-long") return error;
    throw error;
  }
}

/**
 * The answers of a session at each value of an axis.
 *
 * @throws LookbackError `bad-spec` for prompts that are no repeated sequences, or an intervention at one
 *   position; `sequence-too-long` where no value's prompts fit the model, or one's do not and nobody is to
 *   hear of it; and as `interventionHooks`.
 */
export async function sessionTable(
  session: Session,
  spec: SessionSpec,
  axis: TableAxis,
  { signal, onProgress, onRow, onUnfit, pause }: TableOptions = {},
): Promise<readonly SessionTableRow[]> {
  const cases = axis.values.map((value, index) => {
    const each = specAt(spec, axis, index);
    return { value, index, spec: each, unfit: unfitness(session, each) };
  });
  const [first] = cases.filter(({ unfit }) => unfit !== undefined);
  const fitting = cases.filter(({ unfit }) => unfit === undefined);
  if (first?.unfit && (onUnfit === undefined || fitting.length === 0)) throw first.unfit;
  for (const { value, index, unfit } of cases) {
    if (unfit !== undefined) onUnfit?.({ value, problem: unfit.message }, index);
  }
  const growing = fitting.map(({ value, index, spec: each }) => {
    checkInterventions(session, each);
    const { batch } = session.prompts(each.prompt).clean;
    return { index, spec: each, batch, grown: new GrowingRow(value, batch) };
  });
  const batch = Math.max(0, ...growing.map((row) => row.batch));
  const parts = Math.ceil(batch / ROWS_AT_A_TIME);
  for (let part = 0; part < parts; part++) {
    const rows = [part * ROWS_AT_A_TIME, Math.min(batch, (part + 1) * ROWS_AT_A_TIME)] as const;
    for (const [done, { index, spec: each, grown }] of growing.entries()) {
      throwIfCancelled(signal);
      for await (const chunk of answersOf(session, each, rows, signal)) grown.add(chunk);
      onRow?.(grown.row, index);
      onProgress?.((part + (done + 1) / growing.length) / parts);
      await pause?.();
    }
  }
  return growing.map(({ grown }) => grown.row);
}

/** The answers of some rows, as they come in. */
async function* answersOf(
  session: Session,
  spec: SessionSpec,
  rows: readonly [start: number, end: number],
  signal: AbortSignal | undefined,
) {
  const prompts = session.prompts(spec.prompt);
  const { pairs } = await sessionAnswers(session, spec, signal);
  const ask = {
    answers: pairs.slice(...rows),
    answerLogProbs: true,
    positions: [prompts.read],
  };
  const options = { rows, length: prompts.read + 1, ...(signal && { signal }) };
  for await (const chunk of sessionRun(session, spec, ask, options)) yield pairMeasures(chunk);
}
