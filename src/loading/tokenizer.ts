/**
 * @file Text to token ids and back, from a `tokenizer.json`. The tokenizing itself is the library's;
 * this file gives it typed errors and a printable text for every single token, also for those that
 * are only part of a character.
 */

import { Tokenizer as HubTokenizer } from "@huggingface/tokenizers";
import { LookbackError } from "../errors.ts";
import { BYTE_CHARACTERS } from "./byte-alphabet.ts";

export interface EncodeOptions {
  /**
   * Whether to add what the tokenizer's own post-processor adds. Default: false. Many have none: those of
   * the bundled models and their kind add no BOS, and `textBatch` puts it in front.
   */
  readonly specialTokens?: boolean;
}

/** Text to token ids and back. */
export interface Tokenizer {
  /**
   * Token ids of a text. Special tokens that are spelt out in the text are recognised; what the
   * vocabulary cannot spell is left out, as Hugging Face tokenizers does (byte-level vocabularies
   * can spell everything).
   */
  encode(text: string, options?: EncodeOptions): number[];
  /**
   * Text of token ids, special tokens included. Bytes that are no UTF-8 become U+FFFD.
   *
   * @throws LookbackError `token-out-of-range` for an id that is not in the vocabulary.
   */
  decode(ids: ArrayLike<number>): string;
  /**
   * One token as it can stand in a table or on an axis: a space is `␣`, a line break `↵`, a tab `⇥`,
   * other invisible characters `\u{a0}`, and bytes that are no whole character `\xe2`.
   *
   * @throws LookbackError `token-out-of-range` for an id that is not in the vocabulary.
   */
  tokenText(id: number): string;
}

/** The part of the library's tokenizer that is used here. */
interface LibraryTokenizer {
  encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] };
  decode(ids: number[], options: { clean_up_tokenization_spaces: boolean }): string;
  id_to_token(id: number): string | undefined;
  get_added_tokens_decoder(): ReadonlyMap<number, { readonly content: string }>;
}

/**
 * Reads a parsed `tokenizer.json`, as Hugging Face tokenizers writes it.
 *
 * @throws LookbackError `bad-file` when it is none, or of a kind that is not supported.
 *
 * @example
 * const tokenizer = parseTokenizer(JSON.parse(text));
 * tokenizer.encode("the cat").map((id) => tokenizer.tokenText(id)); // ["the", "␣c", "at"]
 */
export function parseTokenizer(json: unknown): Tokenizer {
  const file = checkTokenizerFile(json);
  const library = buildTokenizer(file);
  const addedTokens = library.get_added_tokens_decoder();
  const byteLevel = decodesBytes(file.decoder);

  const spelling = (id: number): string => {
    const token = library.id_to_token(id);
    if (token === undefined) {
      throw new LookbackError(
        "token-out-of-range",
        `token ${id} is not in the vocabulary of the tokenizer`,
        { token: id },
      );
    }
    return token;
  };

  return {
    encode(text, options = {}) {
      return library.encode(text, { add_special_tokens: options.specialTokens ?? false }).ids;
    },
    decode(ids) {
      const list = Array.from(ids);
      for (const id of list) spelling(id);
      // The library refuses an empty list; its text is empty.
      return list.length === 0 ? "" : library.decode(list, { clean_up_tokenization_spaces: false });
    },
    tokenText(id) {
      const token = spelling(id);
      const bytes = byteLevel && !addedTokens.has(id) ? bytesOf(token) : undefined;
      // Outside byte-level vocabularies the customary sign of a leading space is U+2581.
      return bytes === undefined ? visible(token.replaceAll("▁", " ")) : visibleBytes(bytes);
    },
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const MODELS: readonly unknown[] = ["BPE", "WordPiece", "Unigram"];

function checkTokenizerFile(json: unknown): Record<string, unknown> {
  if (!isObject(json) || !isObject(json.model) || json.model.vocab === undefined) {
    throw new LookbackError(
      "bad-file",
      'tokenizer.json must hold an object with a "model" that has a "vocab", as Hugging Face tokenizers writes it',
    );
  }
  if (!MODELS.includes(json.model.type)) {
    throw new LookbackError(
      "bad-file",
      `tokenizer.json holds a model of type ${JSON.stringify(json.model.type) ?? "nothing"}; supported are ${MODELS.join(", ")}`,
    );
  }
  return json;
}

function buildTokenizer(file: Record<string, unknown>): LibraryTokenizer {
  // The library wants every field to be there; the format lets those that are empty be absent.
  const empty = {
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
  };
  try {
    return new HubTokenizer({ ...empty, ...file }, {});
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LookbackError("bad-file", `tokenizer.json cannot be used: ${reason}`, {}, { cause });
  }
}

/** Whether tokens are spelt in the alphabet that stands for bytes. */
function decodesBytes(decoder: unknown): boolean {
  if (!isObject(decoder)) return false;
  if (decoder.type === "ByteLevel") return true;
  return Array.isArray(decoder.decoders) && decoder.decoders.some(decodesBytes);
}

const BYTE_OF: ReadonlyMap<string, number> = new Map(
  BYTE_CHARACTERS.map((character, byte) => [character, byte]),
);

/** The bytes that a token spells, or undefined where it is not written in that alphabet. */
function bytesOf(token: string): Uint8Array | undefined {
  const bytes = Array.from(token, (character) => BYTE_OF.get(character) ?? -1);
  return bytes.includes(-1) ? undefined : Uint8Array.from(bytes);
}

/** Text of bytes, where what is no whole UTF-8 character is written byte by byte. */
function visibleBytes(bytes: Uint8Array): string {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let text = "";
  for (let start = 0; start < bytes.length; ) {
    const lead = bytes[start] ?? 0;
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    try {
      text += visible(decoder.decode(bytes.subarray(start, start + length)));
      start += length;
    } catch {
      text += `\\x${lead.toString(16).padStart(2, "0")}`;
      start += 1;
    }
  }
  return text;
}

const SIGNS: Readonly<Record<string, string>> = { " ": "␣", "\n": "↵", "\t": "⇥" };

function visible(text: string): string {
  return text.replace(
    /[\p{Separator}\p{Other}]/gu,
    (character) => SIGNS[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
