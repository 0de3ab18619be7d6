/**
 * @file Texts as a batch that a model can run on. Models of this family are trained with BOS in front of
 * every prompt, and TransformerLens puts it there unasked; their tokenizers do not.
 */

import { LookbackError } from "../errors.ts";
import { type TokenBatch, tokenBatch } from "../model/tokens.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** How texts become rows. */
export interface TextBatchOptions {
  readonly tokenizer: Tokenizer | null;
  /** The token that opens every row: `config.bos_token_id`; null for none. */
  readonly bos: number | null;
  /**
   * A token to fill up the ends of shorter rows with. No position sees what comes after it; but what is
   * read at the last position of such a row is read behind padding, so read row `r` at `lengths[r] - 1`.
   * Without it, texts of different lengths are an error.
   */
  readonly pad?: number;
}

/** A batch of texts. */
export interface TextBatch extends TokenBatch {
  /** Tokens of each row, BOS included; what comes after them is padding. */
  readonly lengths: readonly number[];
}

/**
 * Token ids of texts with BOS in front, one row each.
 *
 * @throws LookbackError `unsupported` without a tokenizer; `bad-spec` unless it is said which token is
 *   BOS; `bad-shape` for no text, a row without tokens, or texts of different lengths without `pad`.
 *
 * @example
 * ```ts
 * const { tokenizer, config } = await readModel("standard-2l");
 * const tokens = textBatch(["the cat sat on the"], { tokenizer, bos: config.bos_token_id });
 * ```
 */
export function textBatch(
  texts: readonly string[],
  { tokenizer, bos, pad }: TextBatchOptions,
): TextBatch {
  if (!Array.isArray(texts)) {
    throw new LookbackError("bad-shape", "texts: need a list of texts, as in textBatch([text], …)");
  }
  if (tokenizer == null) {
    throw new LookbackError(
      "unsupported",
      "this model came without tokenizer.json, so it cannot read text; give token ids to tokenBatch",
    );
  }
  if (bos === undefined) {
    throw new LookbackError(
      "bad-spec",
      "bos: which token opens a prompt? Give the model's config.bos_token_id, or null for none",
      { field: "bos" },
    );
  }
  const opening = bos === null ? [] : [bos];
  const rows = texts.map((text) => [...opening, ...tokenizer.encode(text)]);
  const lengths = rows.map((row) => row.length);
  const [shortest, longest] = [Math.min(...lengths), Math.max(...lengths)];
  if (shortest === 0) {
    throw new LookbackError("bad-shape", "texts: an empty text without BOS has no tokens");
  }
  if (shortest < longest && pad === undefined) {
    throw new LookbackError(
      "bad-shape",
      `texts: they have ${shortest} to ${longest} tokens${bos === null ? "" : " with BOS"}, and the rows of a batch have one length; run those of one length together, or give pad, a token that fills up shorter rows at their ends`,
      { lengths },
    );
  }
  const filled = rows.map((row) => [
    ...row,
    ...Array.from({ length: longest - row.length }, () => pad as number),
  ]);
  return { ...tokenBatch(filled), lengths };
}
