/** @file `lookback/node`: what needs a file system, a network or threads, and so does not run in a page. */

// First, so that the array library finds workers when it is loaded.
import "./threads.ts";

export { DEFAULT_MODEL } from "../loading/default-model.ts";
export type { BundledModel } from "./bundled.ts";
export type { CorpusProgress, CorpusWatch } from "./corpus/corpus-progress.ts";
export type { CorpusManifest, CorpusRequest, CorpusSplit } from "./corpus/manifest.ts";
export { type OpenCorpus, openPackedTokens } from "./corpus/packed-tokens.ts";
export { type PrepareCorpusOptions, prepareCorpus } from "./corpus/prepare-corpus.ts";
export type { DownloadProgress, HubOptions } from "./hub.ts";
export { readModelFolder } from "./model-folder.ts";
export {
  type KnownModelListing,
  listModels,
  type ModelListing,
  type ReadModelOptions,
  readModel,
} from "./read-model.ts";
export { checkpointFolder, listCheckpoints } from "./run/run-files.ts";
export type { LookAt, TrainingRunOptions } from "./run/run-journal.ts";
export {
  type RunStanding,
  resumeRun,
  type StartRunOptions,
  startRun,
} from "./run/training-run.ts";
export { provideWebGpu } from "./webgpu.ts";
