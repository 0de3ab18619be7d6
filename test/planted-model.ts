/**
 * @file Models whose circuit is set by hand, so that it is known what an instrument must find in them.
 *
 * Two layers, no LayerNorm, no biases. The residual stream is cut into parts, each with one dimension
 * a token (or a position): heads copy tokens from one part to another exactly, and attention scores
 * are sums of named matches. Nothing is trained, so nothing is hidden.
 *
 * The prompts are those of the post, `BOS A X… B C X… D A X…`, and the circuits what it says of them:
 * heads of layer 0 write earlier tokens to the stream; at the last X, an induction head in layer 1
 * compares what stands there with what stands at each key, and copies the token of the best key to
 * the output. All other heads are small random noise.
 */

import { type NdArray, sizeOf } from "../src/engine/ndarray.ts";
import type { ModelConfig } from "../src/model/config.ts";
import type { ModelSource } from "../src/model/model.ts";
import { weightShapes } from "../src/model/weights.ts";
import { MersenneTwister } from "../src/prompts/mersenne-twister.ts";

/**
 * - `bag`: the post's hypothesis. The look-back head writes the tokens at lags 1 to 4 without their
 *   order; query and key of the induction head both read them.
 * - `ordered`: a head for each of the lags 2 to 4, each with a part of the stream of its own; a token
 *   out of its place speaks against a key. Order is kept.
 * - `key-only`: `bag`, but only the key reads the look-back head; the query knows no more than its own
 *   token and the one before.
 * - `one-leg`: a previous-token head and an induction head; no head looks further back.
 * - `none`: random weights throughout, in the shape of `bag`.
 */
export type PlantedKind = "bag" | "ordered" | "key-only" | "one-leg" | "none";

/** Labels of the heads that play a role; null or empty where there is none. */
export interface PlantedHeads {
  readonly previousToken: string | null;
  /** One for all lags, or one a lag, the nearest first. */
  readonly lookBack: readonly string[];
  readonly induction: string | null;
}

/** Which heads were planted. */
export const PLANTED_HEADS: Readonly<Record<PlantedKind, PlantedHeads>> = {
  bag: { previousToken: "L0H1", lookBack: ["L0H2"], induction: "L1H3" },
  ordered: { previousToken: "L0H1", lookBack: ["L0H2", "L0H3", "L0H4"], induction: "L1H3" },
  "key-only": { previousToken: "L0H1", lookBack: ["L0H2"], induction: "L1H3" },
  "one-leg": { previousToken: "L0H1", lookBack: [], induction: "L1H3" },
  none: { previousToken: null, lookBack: [], induction: null },
};

/**
 * Lengths of repeated sequences at which a kind says B and not D. At all others a kind with a circuit
 * favours D a little, for it comes later, and `none` favours neither.
 */
export const PLANTED_LENGTHS: Readonly<Record<PlantedKind, readonly number[]>> = {
  // At B, A is `length - 1` tokens back, and layer 0 sees 4.
  bag: [2, 3, 4, 5],
  ordered: [2, 3, 4, 5],
  // The query sees the token before its own, which is A at length 3.
  "key-only": [2, 3],
  "one-leg": [2],
  none: [],
};

/** Token at position 0 of every prompt. */
export const PLANTED_BOS = 0;

const N_CTX = 32;
const INDUCTION_HEAD = 3;
/** Score of a lag that a layer-0 head looks at, above all others: these share the attention evenly. */
const LAG_SCORE = 15;
/** Score of a key for each position that it is later: as the post has it, D is slightly favoured. */
const RECENCY = 0.02;
/** Logit of a token that gets all of the induction head's attention. */
const GAIN = 8;
/** Weights of heads without a role are uniform in ± this. */
const NOISE = 0.01;
/** Weights of a model without any role: large enough for patterns and logits of its own. */
const RANDOM = 0.1;

/** A head of layer 0: attends evenly to some lags, and to BOS where a prompt has none of them yet. */
interface LookBackHead {
  readonly head: number;
  readonly lags: readonly number[];
  /** Part of the stream that it copies tokens to. */
  readonly writes: string;
}

/** A term of the induction head's score: `weight` times the product of two parts of the stream. */
interface Match {
  readonly query: string;
  readonly key: string;
  readonly weight: number;
}

interface Circuit {
  readonly n_heads: number;
  readonly d_vocab: number;
  /** Parts of the stream for what layer 0 writes; the induction head's keys are made of all of them. */
  readonly written: readonly string[];
  readonly lookBack: readonly LookBackHead[];
  readonly matches: readonly Match[];
  /** Score of BOS, which takes the attention where nothing matches. */
  readonly sink: number;
}

const PREVIOUS: LookBackHead = { head: 1, lags: [1], writes: "lag 1" };
/** "I am X" at the query, "I follow X" at the key: outweighs all other matches, so it comes first. */
const FOLLOWS: Match = { query: "token", key: "lag 1", weight: 12 };

const KEY_ONLY: Circuit = {
  n_heads: 4,
  d_vocab: 64,
  written: ["lag 1", "bag"],
  lookBack: [PREVIOUS, { head: 2, lags: [1, 2, 3, 4], writes: "bag" }],
  matches: [FOLLOWS, { query: "lag 1", key: "bag", weight: 4 }],
  sink: 12,
};

const BAG: Circuit = {
  ...KEY_ONLY,
  // A token that both bags hold counts 1/16 of this.
  matches: [...KEY_ONLY.matches, { query: "bag", key: "bag", weight: 16 }],
  sink: 14,
};

/** A token in its place, so far back from the query; B's copy is then one further from its end. */
const IN_PLACE = [4, 3, 2];
const OUT_OF_PLACE = -3;

const ORDERED: Circuit = {
  n_heads: 5,
  d_vocab: 48,
  written: ["lag 1", "lag 2", "lag 3", "lag 4"],
  lookBack: [
    PREVIOUS,
    ...[2, 3, 4].map((lag) => ({ head: lag, lags: [lag], writes: `lag ${lag}` })),
  ],
  matches: [
    FOLLOWS,
    ...[1, 2, 3].flatMap((query) =>
      [2, 3, 4].map((key) => ({
        query: `lag ${query}`,
        key: `lag ${key}`,
        weight: key === query + 1 ? (IN_PLACE[query - 1] as number) : OUT_OF_PLACE,
      })),
    ),
  ],
  sink: 13,
};

/** In the shape of `bag`, whose part of the stream stays empty. */
const ONE_LEG: Circuit = { ...KEY_ONLY, lookBack: [PREVIOUS], matches: [FOLLOWS] };

const CIRCUITS: Readonly<Record<Exclude<PlantedKind, "none">, Circuit>> = {
  bag: BAG,
  ordered: ORDERED,
  "key-only": KEY_ONLY,
  "one-leg": ONE_LEG,
};

/** The parts of the stream, each with d_vocab dimensions, but the last with one a position. */
function partsOf({ written }: Circuit): string[] {
  return ["token", ...written, "output", "position"];
}

function configOf(circuit: Circuit): ModelConfig {
  const { n_heads, d_vocab, written } = circuit;
  return {
    n_layers: 2,
    n_heads,
    d_model: (partsOf(circuit).length - 1) * d_vocab + N_CTX,
    d_head: written.length * d_vocab,
    n_ctx: N_CTX,
    d_vocab,
    normalization: null,
    eps: 1e-5,
    shortformer_pos: false,
    bos_token_id: PLANTED_BOS,
    tokenizer_name: null,
  };
}

/** The weights of one model while they are set: all zero at first. */
class Draft {
  readonly config: ModelConfig;
  readonly weights: ReadonlyMap<string, NdArray>;
  readonly #generator = new MersenneTwister(1);

  constructor(config: ModelConfig) {
    this.config = config;
    this.weights = new Map(
      Array.from(weightShapes(config), ([key, shape]) => {
        return [key, { shape, data: new Float32Array(sizeOf(shape)) }];
      }),
    );
  }

  set(key: string, index: readonly number[], value: number): void {
    const { shape, data } = this.weights.get(key) as NdArray;
    data[index.reduce((offset, i, axis) => offset * (shape[axis] as number) + i, 0)] = value;
  }

  /** Uniform in ±`scale`: a whole weight, or that of one head. */
  randomise(key: string, scale: number, head?: number): void {
    const { shape, data } = this.weights.get(key) as NdArray;
    const size = data.length / (shape[0] as number);
    const part = head === undefined ? data : data.subarray(head * size, (head + 1) * size);
    for (let i = 0; i < part.length; i++) {
      part[i] = scale * (this.#generator.uint32() / 2 ** 31 - 1);
    }
  }
}

/** Attention by position alone: dimension q of a key says how a query at position q likes it. */
function plantLags(draft: Draft, head: number, lags: readonly number[], positions: number): void {
  const { d_head } = draft.config;
  const score = LAG_SCORE * Math.sqrt(d_head);
  for (let query = 0; query < N_CTX; query++) {
    draft.set("blocks.0.attn.W_Q", [head, positions + query, query], score);
    const keys = lags.map((lag) => query - lag).filter((key) => key >= 0);
    for (const key of keys.length > 0 ? keys : [0]) {
      draft.set("blocks.0.attn.W_K", [head, positions + key, query], 1);
    }
  }
}

/** Copies what a head attends to from one part of the stream to another. */
function plantCopy(draft: Draft, layer: number, head: number, from: number, to: number): void {
  for (let token = 0; token < draft.config.d_vocab; token++) {
    draft.set(`blocks.${layer}.attn.W_V`, [head, from + token, token], 1);
    draft.set(`blocks.${layer}.attn.W_O`, [head, token, to + token], 1);
  }
}

function plantInduction(draft: Draft, circuit: Circuit, at: (part: string) => number): void {
  const { d_vocab, d_head } = draft.config;
  const scale = Math.sqrt(d_head);
  const keys = circuit.written;
  const W_Q = "blocks.1.attn.W_Q";
  const W_K = "blocks.1.attn.W_K";
  // Dimension 0 would be "follows BOS"; it holds what depends on the key alone.
  for (let token = 1; token < keys.length * d_vocab; token++) {
    const part = at(keys[Math.floor(token / d_vocab)] as string);
    draft.set(W_K, [INDUCTION_HEAD, part + (token % d_vocab), token], 1);
  }
  for (const { query, key, weight } of circuit.matches) {
    const block = keys.indexOf(key) * d_vocab;
    for (let token = block === 0 ? 1 : 0; token < d_vocab; token++) {
      draft.set(W_Q, [INDUCTION_HEAD, at(query) + token, block + token], weight * scale);
    }
  }
  for (let position = 0; position < N_CTX; position++) {
    const score = position === 0 ? circuit.sink : RECENCY * position;
    draft.set(W_Q, [INDUCTION_HEAD, at("position") + position, 0], scale);
    draft.set(W_K, [INDUCTION_HEAD, at("position") + position, 0], score);
  }
  plantCopy(draft, 1, INDUCTION_HEAD, at("token"), at("output"));
  // Attention that is parked on BOS says nothing.
  draft.set("blocks.1.attn.W_V", [INDUCTION_HEAD, at("token") + PLANTED_BOS, PLANTED_BOS], 0);
}

function plantNoise(draft: Draft, layer: number, taken: ReadonlySet<number>): void {
  for (let head = 0; head < draft.config.n_heads; head++) {
    if (taken.has(head)) continue;
    for (const letter of ["Q", "K", "V", "O"]) {
      draft.randomise(`blocks.${layer}.attn.W_${letter}`, NOISE, head);
    }
  }
}

function plantCircuit(circuit: Circuit): Draft {
  const draft = new Draft(configOf(circuit));
  const { d_vocab } = circuit;
  const parts = partsOf(circuit);
  const at = (part: string) => parts.indexOf(part) * d_vocab;

  for (let token = 0; token < d_vocab; token++) {
    draft.set("embed.W_E", [token, at("token") + token], 1);
    draft.set("unembed.W_U", [at("output") + token, token], GAIN);
  }
  for (let position = 0; position < N_CTX; position++) {
    draft.set("pos_embed.W_pos", [position, at("position") + position], 1);
  }
  for (const { head, lags, writes } of circuit.lookBack) {
    plantLags(draft, head, lags, at("position"));
    plantCopy(draft, 0, head, at("token"), at(writes));
  }
  plantNoise(draft, 0, new Set(circuit.lookBack.map(({ head }) => head)));
  plantInduction(draft, circuit, at);
  plantNoise(draft, 1, new Set([INDUCTION_HEAD]));
  return draft;
}

function plantNothing(): Draft {
  const draft = new Draft(configOf(BAG));
  for (const key of draft.weights.keys()) draft.randomise(key, RANDOM);
  return draft;
}

/** A model in which a circuit was planted; the same weights at every call. */
export function plantedModel(kind: PlantedKind): ModelSource {
  const { config, weights } = kind === "none" ? plantNothing() : plantCircuit(CIRCUITS[kind]);
  return { name: `planted-${kind}`, hash: "0".repeat(64), config, weights };
}
