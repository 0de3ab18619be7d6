/**
 * @file The work of preparing a corpus, in a folder that is there for it. Documents pass through three
 * times: from their files to the spool, judged and deduplicated; past the counting of words; and
 * through the encoder into the streams. The last two need what the whole of the one before knows.
 */

import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ByteLevelEncoder } from "../../corpus/byte-level-encoder.ts";
import { BpeCounter } from "../../corpus/count-words.ts";
import { documentTokens } from "../../corpus/pack.ts";
import { cutTail, planSplit } from "../../corpus/split.ts";
import type { BpeTokenizerFile } from "../../corpus/tokenizer-file.ts";
import { bpeTraining } from "../../corpus/train-bpe.ts";
import { LookbackError } from "../../errors.ts";
import { sha256 } from "../sha256.ts";
import { type CorpusProgress, type CorpusWatch, oneTurn, turns } from "./corpus-progress.ts";
import { readSpool } from "./document-spool.ts";
import { type Gathered, gatherDocuments } from "./gather-documents.ts";
import {
  CORPUS_FILES,
  type CorpusManifest,
  type CorpusRequest,
  type CorpusSplit,
  sealManifest,
} from "./manifest.ts";
import { TokenWriter } from "./token-file.ts";

/** A tokenizer that is used as it is. */
export interface GivenTokenizer {
  readonly json: unknown;
  readonly text: string;
  /** SHA-256 of the text. */
  readonly hash: string;
  readonly bos: number;
}

export interface FillOptions extends CorpusWatch {
  readonly given: GivenTokenizer | undefined;
}

const BOS = "<|BOS|>";
/** Bytes that hold a token, even one of long words. */
const BYTES_A_TOKEN = 16;

/** Writes all files of a corpus into an empty folder. */
export async function fillCorpus(
  folder: string,
  request: CorpusRequest,
  options: FillOptions,
): Promise<CorpusManifest> {
  const gathered = await gatherDocuments(folder, request, options);
  const documents = splitDocuments(gathered, request);
  const trained =
    options.given ?? (await trainTokenizer(documents, gathered.bytes, request, options));
  await writeFile(join(folder, CORPUS_FILES.tokenizer), trained.text);
  const encoder = new ByteLevelEncoder(trained.json);
  checkBos(encoder, request.bos);
  const streams = await encodeDocuments(
    folder,
    documents,
    encoder,
    gathered.bytes,
    request,
    options,
  );
  await rm(gathered.spool);

  const { train, heldOut } = streams;
  const { spool: _, placed, ...counts } = gathered;
  const manifest = sealManifest({
    request,
    ...counts,
    documents: placed.length,
    vocabulary: encoder.vocabulary,
    bos: request.bos,
    bytesPerToken:
      (train.split.bytes + heldOut.split.bytes) / (train.split.tokens + heldOut.split.tokens),
    train: train.split,
    heldOut: heldOut.split,
    hashes: {
      [CORPUS_FILES.tokenizer]: sha256(trained.text),
      [CORPUS_FILES.train]: train.hash,
      [CORPUS_FILES.heldOut]: heldOut.hash,
    },
  });
  await writeFile(join(folder, CORPUS_FILES.manifest), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

/** A document on its side of the split. */
interface SplitDocument {
  readonly text: string;
  readonly heldOut: boolean;
}

/** Documents on their sides, read anew each time that they are asked for. */
type Documents = () => Iterable<SplitDocument>;

function splitDocuments({ spool, placed }: Gathered, request: CorpusRequest): Documents {
  const plan = planSplit(placed, request.heldOut, request.n_ctx * BYTES_A_TOKEN);
  return function* () {
    let index = 0;
    for (const { text, place } of readSpool(spool)) {
      if (plan.kind === "documents") yield { text, heldOut: place <= plan.upTo };
      else if (plan.document !== index) yield { text, heldOut: false };
      else {
        const [head, tail] = cutTail(text, plan.fraction);
        yield { text: head, heldOut: false };
        yield { text: tail, heldOut: true };
      }
      index += 1;
    }
  };
}

/** Goes through all documents. */
async function eachDocument(
  documents: Documents,
  visit: (document: SplitDocument) => void,
  stage: CorpusProgress["stage"],
  total: number,
  { onProgress, signal }: FillOptions,
): Promise<void> {
  const turn = turns(signal);
  let done = 0;
  for (const document of documents()) {
    visit(document);
    const bytes = Buffer.byteLength(document.text);
    done += bytes;
    onProgress?.({ stage, done, total });
    await turn(bytes);
  }
}

async function trainTokenizer(
  documents: Documents,
  bytes: number,
  request: CorpusRequest,
  options: FillOptions,
): Promise<{ readonly json: unknown; readonly text: string }> {
  const counter = new BpeCounter();
  // What is held out has no say in how text is cut either.
  const count = ({ text, heldOut }: SplitDocument) => {
    if (!heldOut) counter.add(text);
  };
  await eachDocument(documents, count, "count", bytes, options);
  const json = await mergedInTurns(counter, request.vocabulary as number, options);
  return { json, text: `${JSON.stringify(json, null, 2)}\n` };
}

async function mergedInTurns(
  counter: BpeCounter,
  vocabulary: number,
  { onProgress, signal }: FillOptions,
): Promise<BpeTokenizerFile> {
  const work = bpeTraining(counter, { vocabulary, bos: BOS });
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    onProgress?.({ stage: "merge", ...value });
    await oneTurn(signal);
  }
}

function checkBos(encoder: ByteLevelEncoder, bos: number): void {
  if (Number.isInteger(bos) && bos >= 0 && bos < encoder.vocabulary) return;
  throw new LookbackError(
    "bad-spec",
    `corpus: BOS cannot be ${bos}: the tokenizer's vocabulary is 0 to ${encoder.vocabulary - 1}`,
  );
}

interface Stream {
  readonly split: CorpusSplit;
  readonly hash: string;
}

async function encodeDocuments(
  folder: string,
  documents: Documents,
  encoder: ByteLevelEncoder,
  bytes: number,
  request: CorpusRequest,
  options: FillOptions,
): Promise<{ readonly train: Stream; readonly heldOut: Stream }> {
  const side = (name: string) => ({
    writer: new TokenWriter(join(folder, name)),
    documents: 0,
    bytes: 0,
  });
  const train = side(CORPUS_FILES.train);
  const heldOut = side(CORPUS_FILES.heldOut);
  let closed: [train: string, heldOut: string] | undefined;
  try {
    const encode = (document: SplitDocument) => {
      const to = document.heldOut ? heldOut : train;
      to.writer.add(documentTokens(encoder, document.text));
      to.documents += 1;
      to.bytes += Buffer.byteLength(document.text);
    };
    await eachDocument(documents, encode, "encode", bytes, options);
  } finally {
    closed = [train.writer.close(), heldOut.writer.close()];
  }
  const stream = (
    { writer, documents, bytes }: typeof train,
    name: string,
    hash: string,
  ): Stream => {
    const contexts = Math.floor(writer.tokens / (request.n_ctx - 1));
    if (contexts === 0) {
      throw new LookbackError(
        "bad-spec",
        `corpus: there is too little text: ${writer.tokens} tokens to ${name}, and a context of ${request.n_ctx} needs ${request.n_ctx - 1}. Name more sources`,
        { tokens: writer.tokens, n_ctx: request.n_ctx },
      );
    }
    return { split: { documents, bytes, tokens: writer.tokens, contexts }, hash };
  };
  return {
    train: stream(train, "train on", closed[0]),
    heldOut: stream(heldOut, "hold out", closed[1]),
  };
}
