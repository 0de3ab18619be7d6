/** @file The post from end to end: every experiment on one model, each number beside the published one. */

import { LookbackError } from "../errors.ts";
import type { ModelConfig } from "../model/config.ts";
import type { HookedTransformer } from "../model/model.ts";
import type { Processing } from "../model/processing.ts";
import { parameterCount } from "../model/weights.ts";
import { type BosBugResult, bosBug } from "./bos-bug.ts";
import type { ExperimentContext, HeadRoles } from "./context.ts";
import { type Figure1Result, type Figure2Result, figures1And2 } from "./figure-1-2.ts";
import { figure3, figure4, type Layer0Result } from "./figure-3-4.ts";
import { type Figure5Result, figure5 } from "./figure-5.ts";
import { findHeads } from "./find-heads.ts";
import { type InductionRandomResult, inductionOnRandomTokens } from "./induction-random.ts";
import { type OrderingResult, ordering } from "./ordering.ts";
import { type PositionRowsResult, positionRows } from "./position-rows.ts";
import { type PositionalEmbeddingsResult, positionalEmbeddings } from "./positional-embeddings.ts";
import { isPublishedModel } from "./published.ts";
import { type RecencyResult, recency } from "./recency.ts";
import {
  DEFAULT_SPEC,
  EXPERIMENTS,
  type ExperimentName,
  type ReproduceSpec,
} from "./reproduce-spec.ts";
import { type ReversedOrderResult, reversedOrder } from "./reversed-order.ts";
import { type TableResult, type TableRow, table } from "./table.ts";
import { keptHeadOf, type TokenOnlyResult, tokenOnlyAblated } from "./token-only-ablated.ts";

/** What each experiment gives. */
export interface ExperimentResults {
  readonly figures1And2: { readonly figure1: Figure1Result; readonly figure2: Figure2Result };
  readonly figure3: Layer0Result;
  readonly figure4: Layer0Result;
  readonly table: TableResult;
  readonly figure5: Figure5Result;
  readonly ordering: OrderingResult;
  readonly reversedOrder: ReversedOrderResult;
  readonly positionRows: PositionRowsResult;
  readonly bosBug: BosBugResult;
  readonly recency: RecencyResult;
  readonly inductionOnRandomTokens: InductionRandomResult;
  readonly tokenOnlyAblated: TokenOnlyResult;
  readonly positionalEmbeddings: PositionalEmbeddingsResult;
}

/** The post on one model, as plain JSON: the same model, spec and seeds give the same bytes. */
export interface ReproduceResult {
  readonly spec: ReproduceSpec;
  readonly model: {
    readonly name: string;
    /** SHA-256 of the weights file. */
    readonly hash: string;
    readonly parameters: number;
    readonly processing: Processing;
    readonly config: ModelConfig;
    /** True for attn-only-2l, whose published numbers must come out. */
    readonly isPublished: boolean;
  };
  readonly bos: number;
  readonly heads: HeadRoles;
  /** Those that the spec asked for. */
  readonly experiments: Partial<ExperimentResults>;
}

/** How far a reproduction is. */
export interface ReproduceProgress {
  readonly experiment: ExperimentName;
  /** Its number among those asked for, from 0. */
  readonly index: number;
  readonly count: number;
  /** Share of this experiment that is done. */
  readonly share: number;
}

/** What comes in beside the spec; nothing of it changes a result. */
export interface ReproduceOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ReproduceProgress) => void;
  /** Called with the heads once they are found, before any experiment. */
  readonly onHeads?: (heads: HeadRoles) => void;
  /** Called with each row of the table as it comes in. */
  readonly onTableRow?: (row: TableRow) => void;
  /** Called with each result as it comes in. */
  readonly onResult?: <N extends ExperimentName>(name: N, result: ExperimentResults[N]) => void;
}

type Runner<N extends ExperimentName> = (
  context: ExperimentContext,
  spec: ReproduceSpec[N],
) => Promise<ExperimentResults[N]>;

const RUNNERS: { readonly [N in ExperimentName]: Runner<N> } = {
  figures1And2,
  figure3,
  figure4,
  table,
  figure5,
  ordering,
  reversedOrder,
  positionRows,
  bosBug,
  recency,
  inductionOnRandomTokens,
  tokenOnlyAblated,
  positionalEmbeddings,
};

/** The table first, because it is what people wait for; the others in the order of the report. */
const RUN_ORDER: readonly ExperimentName[] = [
  "table",
  ...EXPERIMENTS.filter((name) => name !== "table"),
];

/** The token at position 0. */
function bosOf(model: HookedTransformer, spec: ReproduceSpec): number {
  const bos = spec.bos ?? model.config.bos_token_id;
  if (bos === null || bos >= model.config.d_vocab) {
    throw new LookbackError(
      "bad-spec",
      bos === null
        ? `the config of ${model.name} names no bos_token_id; give the token that opens its prompts as "bos"`
        : `bos: ${bos} is no token of this model's vocabulary, 0 to ${model.config.d_vocab - 1}`,
      { field: "bos", value: bos },
    );
  }
  return bos;
}

/**
 * The spec cut to the model where that changes no question: fewer random tokens and fewer rows of W_pos,
 * and the one head that there is.
 */
function fitted(spec: ReproduceSpec, { n_ctx, n_heads }: ModelConfig): ReproduceSpec {
  const upTo = <S extends { readonly tokens: number }>(asked: S, limit: number): S => ({
    ...asked,
    tokens: Math.min(asked.tokens, limit),
  });
  const { norms, dotProducts } = spec.positionalEmbeddings;
  // The companion post's choice; of heads that stand alone in their layer there is only one to keep.
  const { keptHead } = spec.tokenOnlyAblated;
  const isDefault = keptHead === DEFAULT_SPEC.tokenOnlyAblated.keptHead;
  return {
    ...spec,
    figure3: upTo(spec.figure3, n_ctx - 1),
    figure4: upTo(spec.figure4, n_ctx - 1),
    positionRows: upTo(spec.positionRows, n_ctx - 1),
    inductionOnRandomTokens: upTo(spec.inductionOnRandomTokens, n_ctx),
    tokenOnlyAblated: {
      ...upTo(spec.tokenOnlyAblated, n_ctx),
      keptHead: isDefault && n_heads === 1 ? "L0H0" : keptHead,
    },
    positionalEmbeddings: {
      norms: Math.min(norms, n_ctx),
      dotProducts: Math.min(dotProducts, n_ctx),
    },
  };
}

/** What would fail after minutes of work fails at once. */
function checkFits(spec: ReproduceSpec, model: HookedTransformer): void {
  const { n_ctx } = model.config;
  const asked = (name: ExperimentName) => spec.experiments.includes(name);
  const lengths: [field: string, lengths: readonly number[]][] = [];
  if (asked("figures1And2")) lengths.push(["figures1And2.length", [spec.figures1And2.length]]);
  if (asked("table")) lengths.push(["table.lengths", spec.table.lengths]);
  if (asked("figure5")) lengths.push(["figure5.rows", spec.figure5.rows.map((row) => row.length)]);
  if (asked("reversedOrder")) lengths.push(["reversedOrder.length", [spec.reversedOrder.length]]);
  for (const [field, values] of lengths) {
    const longest = Math.max(...values);
    const needed = 3 * longest + 1;
    if (needed > n_ctx) {
      throw new LookbackError(
        "sequence-too-long",
        `${field}: length ${longest} makes prompts of ${needed} tokens, and this model's context is ${n_ctx}; the longest that fits is ${Math.floor((n_ctx - 1) / 3)}`,
        { field, length: longest, n_ctx },
      );
    }
  }
  if (asked("tokenOnlyAblated")) keptHeadOf(spec.tokenOnlyAblated, model);
}

/** The results under their names, in the order of the report. */
function inReportOrder(results: Partial<ExperimentResults>): Partial<ExperimentResults> {
  const present = EXPERIMENTS.filter((name) => results[name] !== undefined);
  return Object.fromEntries(present.map((name) => [name, results[name]]));
}

/**
 * Runs the experiments that the spec asks for, the table first.
 *
 * @throws LookbackError when the spec does not fit the model; `cancelled` when the signal fires.
 */
export async function reproduce(
  model: HookedTransformer,
  wanted: ReproduceSpec,
  options: ReproduceOptions = {},
): Promise<ReproduceResult> {
  const spec = fitted(wanted, model.config);
  checkFits(spec, model);
  const { signal, onProgress, onHeads, onTableRow, onResult } = options;
  const bos = bosOf(model, spec);
  const heads = await findHeads(model, bos, spec.heads, signal);
  onHeads?.(heads);
  const published = isPublishedModel(model.name);
  const asked = RUN_ORDER.filter((name) => spec.experiments.includes(name));
  const runners: typeof RUNNERS = {
    ...RUNNERS,
    table: (context, tableSpec) => table(context, tableSpec, onTableRow),
  };

  const results: { [N in ExperimentName]?: ExperimentResults[N] } = {};
  const runOne = async <N extends ExperimentName>(experiment: N, index: number) => {
    const report = (share: number) =>
      onProgress?.({ experiment, index, count: asked.length, share });
    report(0);
    const context = { model, bos, heads, published, onProgress: report, ...(signal && { signal }) };
    const result = await runners[experiment](context, spec[experiment]);
    results[experiment] = result as (typeof results)[N];
    onResult?.(experiment, result);
  };
  for (const [index, name] of asked.entries()) await runOne(name, index);

  return {
    spec,
    model: {
      name: model.name,
      hash: model.hash,
      parameters: parameterCount(model.config),
      processing: model.processing,
      config: model.config,
      isPublished: published,
    },
    bos,
    heads,
    experiments: inReportOrder(results),
  };
}
