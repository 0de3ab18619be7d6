/** @file What a `tokenizer.json` of byte-level BPE holds, in the form that Hugging Face tokenizers writes. */

/** A `tokenizer.json` of byte-level BPE with one special token, BOS. */
export interface BpeTokenizerFile {
  readonly version: "1.0";
  readonly truncation: null;
  readonly padding: null;
  readonly added_tokens: readonly {
    readonly id: number;
    readonly content: string;
    readonly single_word: boolean;
    readonly lstrip: boolean;
    readonly rstrip: boolean;
    readonly normalized: boolean;
    readonly special: boolean;
  }[];
  readonly normalizer: null;
  readonly pre_tokenizer: ByteLevelSettings;
  readonly post_processor: null;
  readonly decoder: ByteLevelSettings;
  readonly model: {
    readonly type: "BPE";
    readonly dropout: null;
    readonly unk_token: null;
    readonly continuing_subword_prefix: null;
    readonly end_of_word_suffix: null;
    readonly fuse_unk: false;
    readonly byte_fallback: false;
    readonly ignore_merges: false;
    readonly vocab: Readonly<Record<string, number>>;
    readonly merges: readonly (readonly [left: string, right: string])[];
  };
}

export interface ByteLevelSettings {
  readonly type: "ByteLevel";
  readonly add_prefix_space: boolean;
  readonly trim_offsets: true;
  readonly use_regex: true;
}

/** The file of a vocabulary whose token 0 is BOS, and its merges, first to last. */
export function bpeTokenizerFile(
  tokens: readonly string[],
  merges: readonly (readonly [left: string, right: string])[],
): BpeTokenizerFile {
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [
      {
        id: 0,
        content: tokens[0] as string,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      },
    ],
    normalizer: null,
    pre_tokenizer: byteLevel(false),
    post_processor: null,
    decoder: byteLevel(true), // which decoding does not look at; the trainer's own files have it so
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  };
}

function byteLevel(addPrefixSpace: boolean): ByteLevelSettings {
  return {
    type: "ByteLevel",
    add_prefix_space: addPrefixSpace,
    trim_offsets: true,
    use_regex: true,
  };
}
