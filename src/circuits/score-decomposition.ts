/**
 * @file An attention score as a sum over pairs of what wrote to the stream: one term of the stream at
 * the query times one at the key (Elhage et al., 2021, "path expansion" of QK). It says which head a
 * head composes with, on which prompts and by how much, where composition scores only say that it could.
 */

import { at } from "../engine/ndarray.ts";
import { scoped } from "../engine/scope.ts";
import type { Tensor } from "../engine/tensor.ts";
import { LookbackError } from "../errors.ts";
import { RunningMean } from "../measures/batch-mean.ts";
import { type Estimate, estimate } from "../measures/statistics.ts";
import type { ForwardModel } from "../model/forward.ts";
import { type HeadIndex, headLabel } from "../model/heads.ts";
import { type RunChunk, runChunks } from "../model/run-chunks.ts";
import {
  checkTokens,
  positionFromStart,
  type TokenBatch,
  truncateTokens,
} from "../model/tokens.ts";
import { scoresOfTerms, termActivations, termSources, termsAt } from "./score-terms.ts";
import { checkHead, type MeanParts, meanParts } from "./stream-sources.ts";

/** Whose scores are taken apart. */
export interface ScoreRequest extends HeadIndex {
  readonly tokens: TokenBatch;
  /** Position of the query. Negative counts from the end. */
  readonly query: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (rowsDone: number, rowsTotal: number) => void;
}

/** The scores of a query on keys. */
export interface ScoreDecompositionRequest extends ScoreRequest {
  /** Positions of the keys; default every one up to the query. Negative counts from the end. */
  readonly keys?: readonly number[];
}

/** How much more a query scores on one key than on another. */
export interface ScoreContrastRequest extends ScoreRequest {
  /** Positions of the two keys. Negative counts from the end. */
  readonly key: readonly [right: number, wrong: number];
  /**
   * The same prompts with the question turned round, row by row: of each part half of what it is here less
   * what it is there, in which cancels whatever favours a key however one asks.
   */
  readonly against?: TokenBatch;
}

/** Scores taken apart, as plain JSON. S sources, K keys. */
export interface ScoreDecomposition {
  readonly head: string;
  readonly query: number;
  readonly keys: readonly number[];
  /**
   * `embed`, `pos`, each earlier head (`L0H4`), each earlier layer's output bias (`L0 b_O`), and `bias`:
   * b_Q or b_K with what the projection reads of LayerNorm's own bias.
   */
  readonly sources: readonly string[];
  /** [K], the score on each key as the sum of its parts. */
  readonly scores: readonly Estimate[];
  /** [S of the query][S of the key][K] */
  readonly parts: MeanParts;
}

/** The difference of two scores taken apart; every estimate is of differences within a prompt. */
export interface ScoreContrast {
  readonly head: string;
  readonly query: number;
  readonly key: readonly [right: number, wrong: number];
  /** As in {@link ScoreDecomposition}. */
  readonly sources: readonly string[];
  /** Score on the right key less that on the wrong one: the sum of the parts. */
  readonly total: Estimate;
  /** [S of the query][S of the key] */
  readonly parts: readonly (readonly Estimate[])[];
  /** What each source at the query does with all of the keys, [S]. */
  readonly byQuery: readonly Estimate[];
  /** What each source at the keys does with all of the query, [S]. */
  readonly byKey: readonly Estimate[];
}

/**
 * The scores of one head (`hook_attn_scores`: after 1/√d_head, before the softmax) as sums over pairs of
 * sources, which is exact: LayerNorm's scale is that of the run, its centring and weights go along.
 * Where the key's source is `bias` a part is the same on all keys, and the softmax does not see it.
 *
 * Shortformer models add positions to what queries and keys read after LayerNorm, and so does `pos`.
 *
 * @throws LookbackError `unknown-head`, `bad-spec` for a position outside of the prompts or a key that
 *   comes after the query, and whatever is wrong with the tokens.
 */
export async function scoreDecomposition(
  model: ForwardModel,
  request: ScoreDecompositionRequest,
): Promise<ScoreDecomposition> {
  const query = queryOf(model, request);
  const keys =
    request.keys?.map((key) => keyOf("keys", key, query, request.tokens)) ??
    Array.from({ length: query + 1 }, (_, key) => key);
  const sources = termSources(model.config, request.layer);
  const parts = new RunningMean();
  const scores = keys.map((): number[] => []);
  for await (const chunk of activationChunks(model, request, query)) {
    const { shape, data } = await read(() =>
      scoresOfTerms(
        termsAt(model, request, "Q", chunk, [query]),
        termsAt(model, request, "K", chunk, keys),
      ),
    ); // [B, S, S, K]
    parts.add({ shape, data });
    const [rows = 0] = shape;
    const size = data.length / rows;
    for (let row = 0; row < rows; row++) {
      for (const [k, values] of scores.entries()) {
        let score = 0;
        for (let i = k; i < size; i += keys.length) score += data[row * size + i] as number;
        values.push(score);
      }
    }
  }
  return {
    head: headLabel(request),
    query,
    keys,
    sources,
    scores: scores.map((values) => estimate(values)),
    parts: meanParts(parts.result),
  };
}

/**
 * How much more a head's query scores on one key than on another, as a sum over pairs of sources; as
 * {@link scoreDecomposition}. What a source adds to both keys alike cancels within each prompt.
 *
 * @throws LookbackError as {@link scoreDecomposition}.
 */
export async function scoreContrast(
  model: ForwardModel,
  request: ScoreContrastRequest,
): Promise<ScoreContrast> {
  const query = queryOf(model, request);
  const right = keyOf("key", request.key[0], query, request.tokens);
  const wrong = keyOf("key", request.key[1], query, request.tokens);
  const sources = termSources(model.config, request.layer);
  const differences = new PairSums(sources.length);
  const partsOf = (tokens: TokenBatch) =>
    contrastParts(model, { ...request, tokens }, { query, right, wrong });
  const { against } = request;
  if (against === undefined) {
    for await (const parts of partsOf(request.tokens)) differences.add(parts);
  } else {
    checkSameShape(request.tokens, against);
    const others = partsOf(against);
    for await (const parts of partsOf(request.tokens)) {
      const { value: other } = await others.next();
      differences.add(parts.map((part, i) => (part - (other?.[i] as number)) / 2));
    }
  }
  return {
    head: headLabel(request),
    query,
    key: [right, wrong],
    sources,
    ...differences.estimates,
  };
}

/** A query's score on one key less that on another, prompt by prompt: [S of the query, S of the key]. */
async function* contrastParts(
  model: ForwardModel,
  request: ScoreRequest,
  {
    query,
    right,
    wrong,
  }: { readonly query: number; readonly right: number; readonly wrong: number },
): AsyncGenerator<Float32Array, void, undefined> {
  for await (const chunk of activationChunks(model, request, query)) {
    const parts = await read(() => {
      const keys = termsAt(model, request, "K", chunk, [right, wrong]); // [B, S, 2, D]
      const apart = keys.slice(null, null, [0, 1]).sub(keys.slice(null, null, [1, 2]));
      return scoresOfTerms(termsAt(model, request, "Q", chunk, [query]), apart); // [B, S, S, 1]
    });
    for (let row = 0; row < (parts.shape[0] ?? 0); row++) yield at(parts, row).data;
  }
}

function checkSameShape(a: TokenBatch, b: TokenBatch): void {
  if (a.batch === b.batch && a.length === b.length) return;
  throw new LookbackError(
    "bad-shape",
    `against: prompts [${b.batch}, ${b.length}] do not pair up with [${a.batch}, ${a.length}]`,
  );
}

/** Differences prompt by prompt, and their sums over sources. */
class PairSums {
  readonly #parts: number[][][];
  readonly #byQuery: number[][];
  readonly #byKey: number[][];
  readonly #total: number[] = [];

  constructor(sources: number) {
    const lists = () => Array.from({ length: sources }, (): number[] => []);
    this.#parts = lists().map(lists);
    this.#byQuery = lists();
    this.#byKey = lists();
  }

  /** Takes one prompt's parts in, [S of the query, S of the key]. */
  add(parts: Float32Array): void {
    const sources = this.#byKey.length;
    const ofKeys = new Float64Array(sources);
    let total = 0;
    for (const [q, ofQuery] of this.#parts.entries()) {
      let sum = 0;
      for (const [k, values] of ofQuery.entries()) {
        const part = parts[q * sources + k] as number;
        values.push(part);
        ofKeys[k] = (ofKeys[k] as number) + part;
        sum += part;
      }
      this.#byQuery[q]?.push(sum);
      total += sum;
    }
    for (const [k, sum] of ofKeys.entries()) this.#byKey[k]?.push(sum);
    this.#total.push(total);
  }

  get estimates(): Pick<ScoreContrast, "total" | "parts" | "byQuery" | "byKey"> {
    const each = (lists: readonly number[][]) => lists.map((values) => estimate(values));
    return {
      total: estimate(this.#total),
      parts: this.#parts.map(each),
      byQuery: each(this.#byQuery),
      byKey: each(this.#byKey),
    };
  }
}

function queryOf(model: ForwardModel, { tokens, layer, head, query }: ScoreRequest): number {
  checkTokens(tokens, model.config);
  checkHead({ layer, head }, model.config);
  return positionFromStart("query", query, tokens.length);
}

function keyOf(field: string, key: number, query: number, { length }: TokenBatch): number {
  const position = positionFromStart(field, key, length);
  if (position <= query) return position;
  throw new LookbackError(
    "bad-spec",
    `${field}: the query at position ${query} does not see position ${position} behind it`,
    { field, value: key },
  );
}

/** The run as far as the layer's queries and keys, some rows at a time. */
function activationChunks(
  model: ForwardModel,
  { tokens, layer, signal, onProgress }: ScoreRequest,
  query: number,
): AsyncGenerator<RunChunk, void, undefined> {
  return runChunks(model, truncateTokens(tokens, query + 1), {
    names: termActivations(model.config, layer),
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  });
}

async function read(compute: () => Tensor) {
  const result = scoped(compute);
  try {
    return await result.read();
  } finally {
    result.free();
  }
}
