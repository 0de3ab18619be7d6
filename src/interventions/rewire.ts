/**
 * @file Runs with heads and edges rewired, and what becomes of the logit difference, prompt by prompt:
 * the machinery behind path patching, knocked-out paths, ablations of several heads, and circuits kept
 * while everything else is ablated.
 */

import { oneAhead } from "../engine/one-ahead.ts";
import { scoped } from "../engine/scope.ts";
import { stack, type Tensor } from "../engine/tensor.ts";
import { LookbackError, throwIfCancelled } from "../errors.ts";
import { equalChunks, rowsPerChunk } from "../model/chunks.ts";
import type { ForwardModel } from "../model/forward.ts";
import { allHeads, headLabel } from "../model/heads.ts";
import type { HookName } from "../model/hooks.ts";
import { checkTokens, rowsFilledUp, type TokenBatch, truncateTokens } from "../model/tokens.ts";
import { answersOfRows } from "../model/vocabulary.ts";
import { checkAnswerPairs } from "../prompts/answer-pairs.ts";
import { componentHook } from "./components.ts";
import { type OwnRun, ownRun } from "./continued-run.ts";
import { isEdge, receiverLabel, senderLabel } from "./edges.ts";
import { freeChunk } from "./exchange-chunk.ts";
import { answerDirection, logitDifference } from "./logit-difference.ts";
import { type Question, readPosition } from "./question.ts";
import { Rewirer } from "./rewired-run.ts";
import { type Rewiring, replacedHooks } from "./rewiring.ts";
import type { RewirableRun } from "./sender-shifts.ts";
import type { Source } from "./source.ts";

/** What to rewire. */
export interface RewireRequest {
  readonly question: Question;
  /** Where replaced numbers come from. */
  readonly source: Source;
  /** Whether output biases, as senders, are replaced by zero; otherwise they are as they were. */
  readonly zeroesBiases?: boolean;
  readonly rewirings: readonly Rewiring[];
  readonly signal?: AbortSignal;
  /** Called with the rewirings that are done, over all chunks of prompts. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Logit differences prompt by prompt. N prompts. */
export interface RewiredScores {
  /** Of the run as it is, [N]. */
  readonly base: Float32Array;
  /** Of the run that the source is, if it is one, [N]. */
  readonly source: Float32Array | undefined;
  /** One [N] a rewiring. */
  readonly rewired: readonly Float32Array[];
}

/** Rewirings whose scores are formed and read back together. */
const AT_A_TIME = 8;

/** @throws LookbackError `bad-spec` for an edge that a model does not have, or a position out of range. */
function checkRewirings(
  rewirings: readonly Rewiring[],
  { config }: ForwardModel,
  read: number,
): void {
  const known = new Set(allHeads(config).map(headLabel));
  for (const { heads = [], edges = [], positions } of rewirings) {
    for (const head of heads) {
      if (known.has(headLabel(head))) continue;
      throw new LookbackError("unknown-head", `no head ${headLabel(head)} in this model`);
    }
    for (const edge of edges) {
      if (isEdge(edge, config)) continue;
      throw new LookbackError(
        "bad-spec",
        `no path from ${senderLabel(edge.from)} to ${receiverLabel(edge.to)}: a receiver sees only what was written before it`,
      );
    }
    if (positions?.length === 0) {
      throw new LookbackError("bad-spec", "positions: none given; leave them out to patch at all", {
        field: "positions",
      });
    }
    for (const position of positions ?? []) {
      if (Number.isInteger(position) && position >= 0 && position <= read) continue;
      throw new LookbackError(
        "bad-spec",
        `positions: ${position} is not one of 0 to ${read}, where the answer is read`,
        { field: "positions", value: position },
      );
    }
  }
}

/** Prompts on the device, and what reads their answers. */
interface Chunk extends RewirableRun {
  readonly direction: Tensor;
  readonly bias: Tensor;
  readonly base: Tensor;
  readonly source: Tensor | undefined;
}

/** What every rewiring needs of a prompt's own run. */
function keptHooks(model: ForwardModel): Set<HookName> {
  const last = model.config.n_layers - 1;
  const names: HookName[] = ["hook_embed", "hook_pos_embed", `blocks.${last}.attn.hook_q`];
  for (let layer = 0; layer <= last; layer++) names.push(componentHook("z", layer));
  return new Set(names);
}

function prepare(
  model: ForwardModel,
  { question, source, zeroesBiases = false, rewirings }: RewireRequest,
  tokens: TokenBatch,
  rows: readonly [start: number, end: number],
): Chunk {
  const own: OwnRun = ownRun(model, rowsFilledUp(tokens, ...rows), keptHooks(model), true);
  const hooks = replacedHooks(rewirings, model.config);
  const given = source({
    rows,
    length: tokens.length,
    from: 0,
    own,
    hooks,
    formsLastKeys: false,
  });
  const { direction, bias } = answerDirection(model, answersOfRows(question.answers, rows));
  const score = (input: Tensor) => logitDifference(input, direction, bias);
  return {
    own,
    other: new Map([...given.activations].map(([name, value]) => [name, value.alias()])),
    zeroesBiases,
    direction,
    bias,
    base: score(own.final),
    source: given.final && score(given.final),
  };
}

/**
 * Scores of a run with each rewiring, one at a time.
 *
 * @throws LookbackError `bad-spec` naming an edge that does not exist, and whatever is wrong with the
 *   prompts or answers.
 */
export async function rewiredScores(
  model: ForwardModel,
  request: RewireRequest,
): Promise<RewiredScores> {
  const { question, rewirings, signal, onProgress } = request;
  const { config } = model;
  checkTokens(question.tokens, config);
  checkAnswerPairs(question.answers, question.tokens, config);
  const read = readPosition(question);
  checkRewirings(rewirings, model, read);
  // What comes after the position that is read cannot reach it.
  const tokens = truncateTokens(question.tokens, read + 1);
  const { batch } = tokens;
  const rows = equalChunks(batch, rowsPerChunk(config, tokens.length), tokens.length);
  const base = new Float32Array(batch);
  let source: Float32Array | undefined;
  const rewired = rewirings.map(() => new Float32Array(batch));
  const total = Math.ceil(batch / rows) * rewirings.length;
  let done = 0;

  /** Each piece of work puts the numbers that it reads back where they belong. */
  function* work(): Generator<() => Promise<() => void>> {
    for (let start = 0; start < batch; start += rows) {
      throwIfCancelled(signal);
      const chunk = scoped(() => prepare(model, request, tokens, [start, start + rows]));
      const put = (scores: Float32Array, data: Float32Array) =>
        scores.set(data.subarray(0, batch - start), start);
      try {
        yield async () => {
          const reading = [chunk.base, chunk.source].map((scores) => scores?.read());
          const [own, others] = (await Promise.all(reading)).map((scores) => scores?.data);
          return () => {
            put(base, own as Float32Array);
            if (others === undefined) return;
            source ??= new Float32Array(batch);
            put(source, others);
          };
        };
        for (let first = 0; first < rewirings.length; first += AT_A_TIME) {
          throwIfCancelled(signal);
          const group = rewirings.slice(first, first + AT_A_TIME);
          yield async () => {
            const scores = scoped(() => {
              const rewirer = new Rewirer(model, chunk);
              const each = group.map((rewiring) =>
                logitDifference(rewirer.final(rewiring), chunk.direction, chunk.bias),
              );
              return stack(each, 0); // [rewirings, B]
            });
            const reading = scores.read();
            scores.free();
            const { data } = await reading;
            return () => {
              for (const i of group.keys()) {
                put(rewired[first + i] as Float32Array, data.subarray(i * rows, (i + 1) * rows));
              }
              done += group.length;
              onProgress?.(done, total);
            };
          };
        }
      } finally {
        freeChunk(chunk);
      }
    }
  }
  for await (const putBack of oneAhead(work())) {
    throwIfCancelled(signal);
    putBack();
  }
  return { base, source, rewired };
}
