/** @file Which two tokens a session compares in each prompt. */

import { LookbackError } from "../errors.ts";
import { topTokens } from "../measures/answers.ts";
import type { AnswerPair } from "../prompts/prompt.ts";
import type { Session } from "./session.ts";
import type { SessionSpec } from "./spec.ts";

/** The two tokens of each row, and where they come from. */
export interface SessionAnswers {
  readonly pairs: readonly AnswerPair[];
  /**
   * `spec`: named by the session. `prompts`: what the prompts ask. `likeliest`: the two likeliest tokens of
   * the clean prompt as the model is, so that no intervention changes the question.
   */
  readonly from: "spec" | "prompts" | "likeliest";
}

/**
 * The tokens that are compared.
 *
 * @throws LookbackError `token-out-of-range` for answers that are no tokens of the model.
 */
export async function sessionAnswers(
  session: Session,
  { prompt, answers }: Pick<SessionSpec, "prompt" | "answers">,
  signal?: AbortSignal,
): Promise<SessionAnswers> {
  const { clean, read, answers: asked } = session.prompts(prompt);
  if (answers !== null) {
    const { d_vocab } = session.model.config;
    for (const [index, id] of answers.entries()) {
      if (Number.isInteger(id) && id >= 0 && id < d_vocab) continue;
      throw new LookbackError(
        "token-out-of-range",
        `answers.${index} is ${id}; this model's vocabulary is 0 to ${d_vocab - 1}`,
        { field: `answers.${index}`, value: id },
      );
    }
    return { pairs: new Array<AnswerPair>(clean.batch).fill(answers), from: "spec" };
  }
  if (asked !== null) return { pairs: asked, from: "prompts" };
  const known = session.likeliest(prompt);
  if (known !== undefined) return { pairs: known, from: "likeliest" };

  const pairs: AnswerPair[] = [];
  const ask = { logits: true, positions: [read], ...(signal && { signal }) };
  for await (const { logits, rows } of session.model.runChunks(clean, ask)) {
    if (logits === undefined) throw new Error("internal: logits were asked for");
    for (let row = 0; row < rows[1] - rows[0]; row++) {
      const [first, second] = topTokens(logits, row, 2);
      pairs.push([first?.token ?? 0, second?.token ?? 0]);
    }
  }
  session.keepLikeliest(prompt, pairs);
  return { pairs, from: "likeliest" };
}
