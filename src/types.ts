/**
 * @file The types that requests and results of the library are made of, for people who write functions of
 * their own around it: what a signature in `index.ts` names can be named by its users too.
 */

export type { BaselineRequest } from "./circuits/composition-baseline.ts";
export type { CopyingRequest, HeadCopyingScores } from "./circuits/copying.ts";
export type { CircuitEntriesRequest, VocabularyOptions } from "./circuits/full-circuits.ts";
export type { LogitAttributionRequest } from "./circuits/logit-attribution.ts";
export type {
  LogitDecomposition,
  LogitDecompositionRequest,
  LogitDifferenceDecomposition,
  LogitDifferenceRequest,
  LogitParts,
} from "./circuits/logit-decomposition.ts";
export type { LogitLensRequest } from "./circuits/logit-lens.ts";
export type {
  ScoreContrastRequest,
  ScoreDecompositionRequest,
  ScoreRequest,
} from "./circuits/score-decomposition.ts";
export type { CircuitSpectrum, EigenvalueSummary } from "./circuits/spectra.ts";
export type { MeanParts } from "./circuits/stream-sources.ts";
export type { WordCounts } from "./corpus/count-words.ts";
export type { SkipReason } from "./corpus/documents.ts";
export type { ByteLevelSettings } from "./corpus/tokenizer-file.ts";
export type { AcrossRuns, EventAcross, OrderAcross } from "./development/across-runs.ts";
export type { Appearance } from "./development/appearance.ts";
export type {
  DevelopmentEvent,
  Happening,
  HeadAppearance,
  HeadHistory,
  LengthAppearance,
  RunDevelopment,
} from "./development/development.ts";
export type { FollowedRole } from "./development/head-role.ts";
export type { HeldOutLook, InContextScore, LossAt } from "./development/held-out.ts";
export type { LengthLook } from "./development/look.ts";
export type { PhaseChange } from "./development/phase-change.ts";
export type { HeadLook, RepeatedLook } from "./development/repeated-tokens.ts";
export type { AboutRun, SpansCopied, TrainingLoss } from "./development/training-record.ts";
export type { AxisRange, Operand } from "./engine/tensor.ts";
export type { AnswerMeans, Sign } from "./experiments/answers.ts";
export type { BosBugArm, BosBugResult, BosBugSpec } from "./experiments/bos-bug.ts";
export type {
  Figure1Result,
  Figure2Result,
  HeadPattern,
  InductionPatternSpec,
} from "./experiments/figure-1-2.ts";
export type { Layer0Result, RandomTokensSpec } from "./experiments/figure-3-4.ts";
export type { Figure5Result, Figure5Row, Figure5Spec } from "./experiments/figure-5.ts";
export type { InductionRandomResult } from "./experiments/induction-random.ts";
export type { OrderingArm, OrderingResult, OrderingSpec } from "./experiments/ordering.ts";
export type { PositionRow, PositionRowsResult } from "./experiments/position-rows.ts";
export type {
  PositionalEmbeddingsResult,
  PositionalEmbeddingsSpec,
} from "./experiments/positional-embeddings.ts";
export type {
  RecencyResult,
  RecencyRow,
  RecencySpec as RecencyExperimentSpec,
} from "./experiments/recency.ts";
export type { ReversedOrderResult, ReversedOrderSpec } from "./experiments/reversed-order.ts";
export type { TableResult, TableRow, TableSpec } from "./experiments/table.ts";
export type { TokenOnlyResult, TokenOnlySpec } from "./experiments/token-only-ablated.ts";
export type {
  AblationByLengthResult,
  AblationByLengthSpec,
  AblationRow,
  KeptStep,
  Loss,
} from "./hypothesis/ablation-by-length.ts";
export type {
  ClaimAcross,
  JudgedModel,
  LengthAcross,
  MeasurementAcross,
} from "./hypothesis/across-models.ts";
export type { LengthSpec } from "./hypothesis/answer-logits.ts";
export type { AttributionsResult, AttributionsSpec } from "./hypothesis/attributions.ts";
export type { ReadBy } from "./hypothesis/circuit-edges.ts";
export type { CircuitLabels } from "./hypothesis/circuit-heads.ts";
export type { CompositionResult, CompositionSpec } from "./hypothesis/composition.ts";
export type { CircuitRole, HypothesisContext } from "./hypothesis/context.ts";
export type { DoubledMiddle } from "./hypothesis/doubled-middle.ts";
export type { EdgeMatrix, EdgeMatrixResult } from "./hypothesis/edge-matrix.ts";
export type {
  EffectsByLengthResult,
  EffectsByLengthSpec,
  EffectsRow,
  NamedEffect,
} from "./hypothesis/effects-by-length.ts";
export type { HeadMeasures } from "./hypothesis/head-card.ts";
export type {
  CircuitRoles,
  HeadScore,
  NearestHead,
  RoleRule,
} from "./hypothesis/head-labels.ts";
export type { InductionBugResult, InductionBugSpec } from "./hypothesis/induction-bug.ts";
export type { LookBackWindowResult, LookBackWindowSpec } from "./hypothesis/look-back-window.ts";
export type { OrderArm, OrderResult, OrderRow, OrderSpec } from "./hypothesis/order.ts";
export type { ReachCell, ReachResult, ReachRow, ReachSpec } from "./hypothesis/reach.ts";
export type {
  RecencyByLengthResult,
  RecencyByLengthRow,
  RecencyByLengthSpec,
} from "./hypothesis/recency-by-length.ts";
export type { ScoreContrastsResult, ScoreContrastsSpec } from "./hypothesis/score-contrasts.ts";
export type { ScorecardContext } from "./hypothesis/scorecard.ts";
export type { ScorecardSizes } from "./hypothesis/scorecard-spec.ts";
export type { PartKey, VerdictParts } from "./hypothesis/verdict.ts";
export type { VerdictPart } from "./hypothesis/verdict-parts.ts";
export type { AblateTogetherRequest } from "./interventions/ablate.ts";
export type {
  AttributionComparisonRequest,
  HeadAgreement,
  HeadComparison,
  LayerSum,
} from "./interventions/attribution-comparison.ts";
export type { HeadInput } from "./interventions/edges.ts";
export type {
  IntegratedGradientsRequest,
  IntegratedGradientsResult,
  LayerEffect,
} from "./interventions/integrated-gradients.ts";
export type { RewiredPairScores, RewirePairRequest } from "./interventions/path.ts";
export type { PlaceShape } from "./interventions/places.ts";
export type { Question } from "./interventions/question.ts";
export type { EncodeOptions } from "./loading/tokenizer.ts";
export type { Agreement } from "./measures/agreement.ts";
export type { Copying } from "./measures/head-copying.ts";
export type { PairMeasures } from "./measures/pair-measures.ts";
export type {
  DeviceWeights,
  LastLayerWeights,
  LayerWeights,
  NormWeights,
  Projection,
} from "./model/device-weights.ts";
export type { ForwardModel } from "./model/forward.ts";
export type { HeadIndex } from "./model/heads.ts";
export type { LayerHook } from "./model/hooks.ts";
export type { ArrayJson } from "./model/run-result.ts";
export type { BosBugPrompts } from "./prompts/bos-bug.ts";
export type { OrderingPrompts } from "./prompts/ordering.ts";
export type { RecencyPrompts, RecencySpec } from "./prompts/recency.ts";
export type { TokenOrder } from "./prompts/reordered.ts";
export type { AnswerLabel, AnswerOptions, AnswerPart, AnswerToken } from "./session/answer.ts";
export type { SessionAnswers } from "./session/answers.ts";
export type { AttentionOptions } from "./session/attention.ts";
export type { PatchMatrixOptions, SessionPatchMatrix } from "./session/patch-matrix.ts";
export type { SessionPrompts } from "./session/prompts.ts";
export type { LongWork, SessionWork } from "./session/session.ts";
export type { PromptChoice, SessionComponent } from "./session/spec.ts";
export type { SweepIdentity } from "./sweeps/identity.ts";
export type {
  Filler,
  ParameterName,
  SweepParameters,
  SweepVocabulary,
} from "./sweeps/parameters.ts";
export type { CellMeans, FinishedCell, Quantity, SweepResult } from "./sweeps/result.ts";
export type { Shard } from "./sweeps/shard.ts";
export type { SweepProgress } from "./sweeps/sweep.ts";
export type { SweepDrawing } from "./sweeps/sweep-spec.ts";
export type { FitOptions } from "./training/bigram-start.ts";
export type { BigramStepTaken } from "./training/train.ts";
