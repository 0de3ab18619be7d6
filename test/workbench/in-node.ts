/** @file The same sessions in Node, for numbers to compare the page's with. */

// First, for threads.
import "../../src/node/threads.ts";
import { HookedTransformer } from "../../src/model/model.ts";
import { readModelFolder } from "../../src/node/index.ts";
import { sessionAnswer } from "../../src/session/answer.ts";
import { DEFAULT_SESSION } from "../../src/session/parse-spec.ts";
import { Session } from "../../src/session/session.ts";
import type { SessionSpec } from "../../src/session/spec.ts";
import { MODELS } from "./bench-page.ts";

/** A model in Node. */
export interface NodeSession extends Disposable {
  readonly session: Session;
  /** The logit difference of a session that differs from the first one in some parts. */
  answer(part?: Partial<SessionSpec>): Promise<number>;
}

/** Opens a bundled model, or that of a folder. */
export async function openInNode(model: string): Promise<NodeSession> {
  const loaded = await readModelFolder(model.includes("/") ? model : `${MODELS}/${model}`);
  const { bos_token_id } = loaded.config;
  const session = new Session(
    await HookedTransformer.create(loaded),
    loaded.tokenizer,
    bos_token_id ?? 0,
  );
  return {
    session,
    answer: async (part = {}) =>
      (await sessionAnswer(session, { ...DEFAULT_SESSION, ...part })).logitDifference.mean,
    [Symbol.dispose]: () => session.model.dispose(),
  };
}
