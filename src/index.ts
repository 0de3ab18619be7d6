/**
 * @file `lookback`: the library, for pages and Node alike. What is exported here is public; all else
 * may change. What needs files, threads or the hub is in `lookback/node`; tables and pages of results
 * are in `lookback/report`, which brings a drawing library along.
 */

// Circuits, read from weights and taken apart on prompts.
export {
  type CompositionMode,
  compositionScore,
  compositionScores,
} from "./circuits/composition.ts";
export {
  type ComposingPair,
  type CompositionBaseline,
  composingPairs,
  compositionBaseline,
} from "./circuits/composition-baseline.ts";
export { type CopyingScores, copyingScores } from "./circuits/copying.ts";
export { type FactoredMatrix, factored } from "./circuits/factored-matrix.ts";
export { circuitEntries } from "./circuits/full-circuits.ts";
export { type HeadCircuits, headCircuits } from "./circuits/head-circuits.ts";
export { directLogitAttribution } from "./circuits/logit-attribution.ts";
export {
  logitDecomposition,
  logitDifferenceDecomposition,
} from "./circuits/logit-decomposition.ts";
export { logitLens } from "./circuits/logit-lens.ts";
export type { Matrix } from "./circuits/matrix.ts";
export {
  type ScoreContrast,
  type ScoreDecomposition,
  scoreContrast,
  scoreDecomposition,
} from "./circuits/score-decomposition.ts";
export {
  type Eigenvalue,
  eigenvalues,
  type HeadSpectra,
  headSpectra,
  singularValues,
} from "./circuits/spectra.ts";
export { ByteLevelEncoder } from "./corpus/byte-level-encoder.ts";
// Text, and training on it.
export { BpeCounter } from "./corpus/count-words.ts";
export { type PackedTokens, tokensInMemory } from "./corpus/pack.ts";
export type { BpeTokenizerFile } from "./corpus/tokenizer-file.ts";
export { type TrainBpeOptions, trainBpe } from "./corpus/train-bpe.ts";
// How a model came to be: looks at it while it learns, and what follows from them.
export { type DevelopmentResult, development } from "./development/across-runs.ts";
export { type Look, type LookSpec, lookAt } from "./development/look.ts";
export type { PlacedLook, TrainingRecord } from "./development/training-record.ts";
// Results are plain numbers; hooks see tensors.
export { currentDevice, type DeviceKind, openDevice } from "./engine/device.ts";
export {
  at,
  type NdArray,
  type Nested,
  type NestedOf,
  ndarray,
  sizeOf,
  toNested,
} from "./engine/ndarray.ts";
export { scoped } from "./engine/scope.ts";
export {
  broadcastTo,
  concatenate,
  liveTensors,
  select,
  stack,
  Tensor,
  tensor,
  zeros,
} from "./engine/tensor.ts";
export { type ErrorCode, LookbackError } from "./errors.ts";
// The post.
export type { HeadRole, HeadRoles } from "./experiments/context.ts";
export { findHeads, type NamedHeads } from "./experiments/find-heads.ts";
export { type Comparison, PUBLISHED_MODEL, published } from "./experiments/published.ts";
export {
  type ExperimentResults,
  type ReproduceOptions,
  type ReproduceProgress,
  type ReproduceResult,
  reproduce,
} from "./experiments/reproduce.ts";
export {
  DEFAULT_SPEC,
  EXPERIMENTS,
  type ExperimentName,
  parseReproduceSpec,
  type ReproduceSpec,
} from "./experiments/reproduce-spec.ts";
// Its hypothesis, tested.
export { type AcrossModels, acrossModels } from "./hypothesis/across-models.ts";
export type { Claim, Measurement, Verdict } from "./hypothesis/claim.ts";
export type { CircuitHeads, CircuitRole } from "./hypothesis/context.ts";
export type { HeadCard, Role } from "./hypothesis/head-card.ts";
export { ROLE_RULES, rolesOf } from "./hypothesis/head-labels.ts";
export { type ScorecardResult, scorecard } from "./hypothesis/scorecard.ts";
export { parseScorecardSpec, type ScorecardSpec } from "./hypothesis/scorecard-spec.ts";
export { type VerdictOptions, type VerdictResult, verdict } from "./hypothesis/verdict.ts";
export {
  DEFAULT_VERDICT_SPEC,
  parseVerdictSpec,
  type VerdictSpec,
} from "./hypothesis/verdict-spec.ts";
// Interventions.
export {
  type AblatedScores,
  type AblateRequest,
  type AblateResult,
  ablateHeads,
  ablateRewired,
} from "./interventions/ablate.ts";
export type { AblationKind } from "./interventions/ablation-kinds.ts";
export {
  type ActivationGradients,
  activationGradients,
  type GradientRequest,
  type Metric,
  type MetricContext,
} from "./interventions/activation-gradients.ts";
export { type AttributionRequest, attributeHeads } from "./interventions/attribution.ts";
export {
  type AttributionComparison,
  attributionComparison,
} from "./interventions/attribution-comparison.ts";
export { COMPONENTS, type Component, type Granularity } from "./interventions/components.ts";
export {
  allReceivers,
  allSenders,
  type Edge,
  parseReceivers,
  parseSenders,
  type Receiver,
  receiverLabel,
  type Sender,
  senderLabel,
} from "./interventions/edges.ts";
export { integratedGradients } from "./interventions/integrated-gradients.ts";
export type { PatchDirection } from "./interventions/pair.ts";
export {
  activationPatch,
  type PatchRequest,
  type PatchResult,
} from "./interventions/patch.ts";
export {
  type PathRequest,
  type PathResult,
  patchRewired,
  pathPatch,
} from "./interventions/path.ts";
export type { Rewiring } from "./interventions/rewiring.ts";
// Where models come from.
export { type LoadedModel, type ModelFiles, parseModelFiles } from "./loading/model-files.ts";
export { KNOWN_MODELS, type KnownModel, knownModel } from "./loading/names.ts";
export {
  parseSafetensors,
  readFloats,
  readIntegers,
  readSafetensors,
  type StoredTensor,
  writeSafetensors,
} from "./loading/safetensors.ts";
export { readStateDict } from "./loading/state-dict.ts";
export { type TextBatch, type TextBatchOptions, textBatch } from "./loading/text-batch.ts";
export { parseTokenizer, type Tokenizer } from "./loading/tokenizer.ts";
// Measures.
export {
  logitDifferences,
  logProbabilities,
  lossPerToken,
  probabilities,
  ranks,
  type TopToken,
  topTokens,
} from "./measures/answers.ts";
export {
  AttentionRow,
  type BatchMean,
  batchMean,
  RunningMean,
  rowEstimates,
} from "./measures/batch-mean.ts";
export {
  HEAD_KINDS,
  type HeadKind,
  type HeadScoreOptions,
  headScores,
} from "./measures/head-scores.ts";
export { type LagOptions, type LagProfile, lagProfile } from "./measures/lag-profile.ts";
export {
  type Estimate,
  estimate,
  estimateDifference,
  estimateNormalised,
  estimatePaired,
  estimateRatio,
  intervalAt,
} from "./measures/statistics.ts";
// The model.
export { type ModelConfig, type Normalization, parseConfig } from "./model/config.ts";
export type { RunMode } from "./model/forward.ts";
export { headLabel, parseHead } from "./model/heads.ts";
export { type HookName, type HookPattern, hookNames, matchHooks } from "./model/hooks.ts";
export { HookedTransformer, type ModelOptions, type ModelSource } from "./model/model.ts";
export { circuitWeights, type Processing, processWeights } from "./model/processing.ts";
export { run } from "./model/run.ts";
export { type RunChunk, runChunks } from "./model/run-chunks.ts";
export type { Hook, HookContext, HookEntry, RunOptions } from "./model/run-options.ts";
export { Activations, type RunResult } from "./model/run-result.ts";
export { type TokenBatch, tokenBatch, tokenRow, truncateTokens } from "./model/tokens.ts";
export { checkWeights, parameterCount, type StateDict, weightShapes } from "./model/weights.ts";
// Prompts.
export { bosBugPrompts } from "./prompts/bos-bug.ts";
export { MersenneTwister, randint } from "./prompts/mersenne-twister.ts";
export { orderingPrompts } from "./prompts/ordering.ts";
export { type PatternSpec, patternPrompts } from "./prompts/pattern-prompts.ts";
export {
  type AnsweredPrompts,
  type AnswerPair,
  type Prompts,
  type PromptsJson,
  promptsJson,
} from "./prompts/prompt.ts";
export { type RandomSpec, randomPrompts } from "./prompts/random.ts";
export { type RecencySpec, recencyPrompts } from "./prompts/recency.ts";
export { allOrders, type Reordering, reorderedPrompts } from "./prompts/reordered.ts";
export {
  type AskedBothWays,
  askedBothWays,
  type CorruptedSide,
  type PromptPair,
  type RepeatedOrder,
  type RepeatedSpec,
  repeatedPair,
  repeatedPrompts,
} from "./prompts/repeated.ts";
export type { DrawSpec } from "./prompts/spec.ts";
// What is looked at live: one prompt or many, interventions, and every view of them.
export { type SessionAnswer, sessionAnswer } from "./session/answer.ts";
export { type SessionAttention, sessionAttention } from "./session/attention.ts";
export { interventionHooks } from "./session/interventions.ts";
export { DEFAULT_SESSION, parseSessionSpec } from "./session/parse-spec.ts";
export { sessionPatchMatrix } from "./session/patch-matrix.ts";
export { Session } from "./session/session.ts";
export type { Intervention, PromptSource, SessionSpec } from "./session/spec.ts";
// Sweeps.
export { type SweepOptions, sweep } from "./sweeps/sweep.ts";
export { DEFAULT_SWEEP, parseSweepSpec, type SweepSpec } from "./sweeps/sweep-spec.ts";
export type { AdamWOptions } from "./training/adamw.ts";
export { type BigramStart, fitBigrams } from "./training/bigram-start.ts";
export { type BigramCounts, bigramEntropy, countBigrams } from "./training/bigrams.ts";
export type { ContextSource } from "./training/contexts.ts";
export { type CopiedSpans, withCopies } from "./training/copied-spans.ts";
export { initialWeights, type StartOptions } from "./training/initial-weights.ts";
export type { MuonOptions } from "./training/muon.ts";
export type { OptimizerOptions } from "./training/optimizer.ts";
export { DEFAULT_RECIPE, parseRecipe, type Recipe, recipeConfig } from "./training/recipe.ts";
export { rateFactor, type Schedule } from "./training/schedule.ts";
export {
  type StepTaken,
  type TrainHooks,
  type TrainingPoint,
  type TrainRunOptions,
  train,
} from "./training/train.ts";
export {
  createTrainState,
  disposeTrainState,
  type OptimizerState,
  readOptimizer,
  readWeights,
  type StepOptions,
  type StepResult,
  type TrainOptions,
  type TrainState,
  trainStep,
} from "./training/train-step.ts";
// What the signatures above are made of.
export type * from "./types.ts";
