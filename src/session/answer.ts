/**
 * @file What the model answers in a session: the likeliest tokens, the logit difference of two, and what
 * wrote it.
 */

import { logitSources } from "../circuits/stream-sources.ts";
import { at } from "../engine/ndarray.ts";
import { logSumExp } from "../measures/answers.ts";
import { RunningMean } from "../measures/batch-mean.ts";
import { type Estimate, estimate, estimatePaired } from "../measures/statistics.ts";
import type { RunChunk } from "../model/run-chunks.ts";
import type { AnswerPair } from "../prompts/prompt.ts";
import { type SessionAnswers, sessionAnswers } from "./answers.ts";
import { elementEstimate } from "./element-estimate.ts";
import { logitPartNames, logitParts } from "./logit-parts.ts";
import { type SessionPrompts, shownToken } from "./prompts.ts";
import { type Session, type SessionWork, tokensOf } from "./session.ts";
import { rowsOf, sessionRun } from "./session-run.ts";
import type { PromptChoice, SessionSpec } from "./spec.ts";

/** One of the likeliest tokens. */
export interface AnswerToken {
  readonly token: number;
  readonly text: string;
  readonly probability: Estimate;
}

/** What the tokens that stand in the prompts under one label get. */
export interface AnswerLabel {
  readonly label: string;
  readonly probability: Estimate;
}

/** What a head, an embedding or a bias adds to the logit difference. */
export interface AnswerPart {
  /** `L1H6`, `embed`, `L0 b_O`, … */
  readonly source: string;
  readonly estimate: Estimate;
}

/** The answer at the position that is read. Estimates of one prompt have an `n` of 1. */
export interface SessionAnswer {
  readonly n: number;
  /** Position that is read, from the start. */
  readonly read: number;
  /** Likeliest first, by probability or its mean over prompts. */
  readonly top: readonly AnswerToken[];
  /**
   * By the labels of the clean prompt, likeliest first, for prompts whose tokens differ row by row. Fresh
   * tokens (`R`), BOS and text have no such labels.
   */
  readonly byLabel: readonly AnswerLabel[];
  readonly answers: {
    readonly from: SessionAnswers["from"];
    /** The pair, where it is the same in all rows that ran. */
    readonly tokens: AnswerPair | null;
    /** Tokens as text, or where they differ row by row their labels. */
    readonly texts: readonly [right: string, wrong: string];
    /** Their probabilities. */
    readonly right: Estimate;
    readonly wrong: Estimate;
  };
  /** logit(right) - logit(wrong) */
  readonly logitDifference: Estimate;
  /** The same prompt by prompt. */
  readonly logitDifferences: readonly number[];
  /** The logit difference as a sum: its parts in the order of the run. */
  readonly attribution: readonly AnswerPart[];
}

/** What to look at. */
export interface AnswerOptions extends SessionWork {
  /** Default the mean. */
  readonly prompt?: PromptChoice;
  /** Number of likeliest tokens. Default 10. */
  readonly top?: number;
}

/**
 * The answer of the run that a spec describes.
 *
 * @throws LookbackError as `interventionHooks` and `sessionAnswers`; `bad-spec` for a prompt that there is
 *   not.
 */
export async function sessionAnswer(
  session: Session,
  spec: SessionSpec,
  { prompt = "mean", top = 10, ...work }: AnswerOptions = {},
): Promise<SessionAnswer> {
  const { model, tokenizer } = session;
  const prompts = session.prompts(spec.prompt);
  const { read } = prompts;
  const rows = rowsOf(prompt, tokensOf(prompts, spec.runs).batch);
  const { pairs, from } = await sessionAnswers(session, spec, work.signal);
  const asked = pairs.slice(...rows);
  const labelled = spec.prompt.kind === "text" ? [] : labelledTokens(prompts, rows);
  const gathered = new GatheredAnswers(asked, labelled);
  const ask = {
    names: logitPartNames(model.config),
    namesAt: "positions",
    logits: true,
    positions: [read],
  } as const;
  for await (const chunk of sessionRun(session, spec, ask, { rows, length: read + 1, ...work })) {
    gathered.add(chunk, await logitParts(model, chunk, asked.slice(...chunk.rows)));
  }
  const [pair] = asked;
  const isSame = pair !== undefined && asked.every(([a, b]) => a === pair[0] && b === pair[1]);
  const text = (token: number) => shownToken(tokenizer, token);
  const attribution = logitSources(model.config).map((source, i) => ({
    source,
    estimate: estimate(gathered.parts[i] ?? []),
  }));
  return {
    n: asked.length,
    read,
    top: likeliest(gathered.probabilities, top).map(([token, probability]) => ({
      token,
      text: text(token),
      probability,
    })),
    byLabel: labelled
      .map(({ label }, i) => ({ label, probability: estimate(gathered.byLabel[i] ?? []) }))
      .sort((a, b) => b.probability.mean - a.probability.mean),
    answers: {
      from,
      tokens: isSame ? pair : null,
      texts: isSame ? [text(pair[0]), text(pair[1])] : answerLabels(prompts, pairs),
      right: estimate(gathered.right),
      wrong: estimate(gathered.wrong),
    },
    logitDifference: estimate(gathered.differences),
    logitDifferences: gathered.differences,
    attribution,
  };
}

/**
 * What an intervention changes: the second logit difference less the first, paired over the same prompts.
 *
 * @throws LookbackError `bad-shape` unless both are of as many prompts.
 */
export function answerChange(
  before: Pick<SessionAnswer, "logitDifferences">,
  after: Pick<SessionAnswer, "logitDifferences">,
): Estimate {
  return estimatePaired(after.logitDifferences, before.logitDifferences);
}

/** The token of each row that stands under a label. */
interface LabelledTokens {
  readonly label: string;
  readonly tokens: readonly number[];
}

/** The tokens of some rows by label; fresh tokens have none of their own. */
function labelledTokens(
  { clean: { ids, length }, labels }: SessionPrompts,
  [start, end]: readonly [start: number, end: number],
): LabelledTokens[] {
  const named = [...new Set(labels)].filter((label) => label !== "R" && label !== "BOS");
  return named.map((label) => {
    const position = labels.indexOf(label);
    const tokens = Array.from(
      { length: end - start },
      (_, row) => ids[(start + row) * length + position] as number,
    );
    return { label, tokens };
  });
}

/** What is known of the rows that have run. */
class GatheredAnswers {
  readonly #asked: readonly AnswerPair[];
  readonly #labelled: readonly LabelledTokens[];
  readonly probabilities = new RunningMean();
  readonly differences: number[] = [];
  readonly right: number[] = [];
  readonly wrong: number[] = [];
  /** [label][prompt] */
  readonly byLabel: number[][];
  /** [source][prompt] */
  readonly parts: number[][] = [];

  constructor(asked: readonly AnswerPair[], labelled: readonly LabelledTokens[]) {
    this.#asked = asked;
    this.#labelled = labelled;
    this.byLabel = labelled.map(() => []);
  }

  /** Takes the logits of some rows, [B, 1, V], and the parts of their logit differences, [B, S]. */
  add({ logits, rows: [start, end] }: RunChunk, parts: Float32Array): void {
    if (logits === undefined) throw new Error("internal: logits were asked for");
    const rows = end - start;
    const d_vocab = logits.shape[2] ?? 0;
    const sources = parts.length / rows;
    const probabilities = new Float32Array(rows * d_vocab);
    for (let row = 0; row < rows; row++) {
      const ofRow = at(logits, row, 0).data;
      const normaliser = logSumExp(ofRow);
      const into = probabilities.subarray(row * d_vocab, (row + 1) * d_vocab);
      for (let token = 0; token < d_vocab; token++) {
        into[token] = Math.exp((ofRow[token] as number) - normaliser);
      }
      const [right, wrong] = this.#asked[start + row] as AnswerPair;
      this.differences.push((ofRow[right] as number) - (ofRow[wrong] as number));
      this.right.push(into[right] as number);
      this.wrong.push(into[wrong] as number);
      for (const [i, { tokens }] of this.#labelled.entries()) {
        this.byLabel[i]?.push(into[tokens[start + row] as number] as number);
      }
      for (let source = 0; source < sources; source++) {
        const values = this.parts[source] ?? [];
        this.parts[source] = values;
        values.push(parts[row * sources + source] as number);
      }
    }
    this.probabilities.add({ shape: [rows, d_vocab], data: probabilities });
  }
}

/** What answers are called that differ row by row: the labels of the same tokens, if there are such. */
function answerLabels(
  { clean, labels }: SessionPrompts,
  pairs: readonly AnswerPair[],
): readonly [right: string, wrong: string] {
  const labelOf = (which: 0 | 1, otherwise: string) => {
    const position = labels.findIndex((_, p) =>
      pairs.every((pair, row) => pair[which] === clean.ids[row * clean.length + p]),
    );
    return labels[position] ?? otherwise;
  };
  return [labelOf(0, "right"), labelOf(1, "wrong")];
}

/** The likeliest tokens by mean probability; of equals, the lower id first. */
function likeliest(probabilities: RunningMean, count: number): [token: number, Estimate][] {
  const { result } = probabilities;
  const best: number[] = [];
  const of = (token: number) => result.mean.data[token] as number;
  for (let token = 0; token < result.mean.data.length; token++) {
    if (best.length === count && of(token) <= of(best.at(-1) ?? 0)) continue;
    const place = best.findIndex((other) => of(token) > of(other));
    best.splice(place === -1 ? best.length : place, 0, token);
    if (best.length > count) best.pop();
  }
  return best.map((token) => [token, elementEstimate(result, token)]);
}
