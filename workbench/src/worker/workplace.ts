/** @file What the worker can do: one method for each kind of question, on the model that is loaded. */

import { type DeviceKind, openDevice } from "../../../src/engine/device.ts";
import { LookbackError, throwIfCancelled } from "../../../src/errors.ts";
import type { LoadedModel } from "../../../src/loading/model-files.ts";
import type { HeadIndex } from "../../../src/model/heads.ts";
import { HookedTransformer } from "../../../src/model/model.ts";
import { sessionAnswer } from "../../../src/session/answer.ts";
import {
  type SessionAttention,
  sessionAttention,
  sessionLagProfile,
  withoutBos,
} from "../../../src/session/attention.ts";
import { sessionCommands } from "../../../src/session/commands.ts";
import { headRoles } from "../../../src/session/head-roles.ts";
import { type SessionPatchMatrix, sessionPatchMatrix } from "../../../src/session/patch-matrix.ts";
import { promptTokens } from "../../../src/session/prompts.ts";
import { Session } from "../../../src/session/session.ts";
import { type SessionTableRow, sessionTable } from "../../../src/session/table.ts";
import { fetchModel } from "./fetch-model.ts";
import { leadHead } from "./lead-head.ts";
import type { DeviceChoice, ShownAttention, ShownPatches, Work, WorkKind } from "./protocol.ts";

/** What a piece of work is given beside what is asked. */
export interface WorkTools<K extends WorkKind> {
  readonly signal: AbortSignal;
  readonly onPart: (part: Work[K]["part"]) => void;
  readonly onProgress: (share: number, words?: string) => void;
}

/** What tokenizers of this family have as their first token, where a model's files do not say. */
const USUAL_BOS = 0;

/** Owns the session. */
export class Workplace {
  #loaded: { readonly source: string; readonly model: LoadedModel } | undefined;
  #session: Session | undefined;

  get session(): Session {
    if (this.#session !== undefined) return this.#session;
    throw new LookbackError("not-found", "there is no model yet");
  }

  /** Loads a model. The one before stays until this one is whole. */
  async load(
    { source, device }: Work["load"]["ask"],
    { signal, onProgress }: WorkTools<"load">,
  ): Promise<Work["load"]["result"]> {
    const key = source.kind === "files" ? "" : JSON.stringify(source);
    const known = this.#loaded?.source === key && key !== "" ? this.#loaded.model : undefined;
    const model = known ?? (await fetchModel(source, { signal, onProgress }));
    onProgress(1, "putting the weights in place");
    throwIfCancelled(signal);
    const kind = await chosenDevice(device);
    const ready = await HookedTransformer.create(model, { device: kind });
    const bos = model.config.bos_token_id ?? USUAL_BOS;
    const session = new Session(ready, model.tokenizer, bos);
    let lead: HeadIndex;
    try {
      lead = await leadHead(session, signal);
    } catch (error) {
      ready.dispose();
      throw error;
    }
    this.#session?.model.dispose();
    this.#loaded = { source: key, model };
    this.#session = session;
    return {
      name: model.name,
      hash: model.hash,
      config: model.config,
      hasTokenizer: model.tokenizer !== null,
      bos,
      lead,
      device: kind,
      threads: globalThis.crossOriginIsolated ? navigator.hardwareConcurrency : 1,
    };
  }

  /** The cards of all heads. */
  roles(_: Work["roles"]["ask"], { signal }: WorkTools<"roles">): Promise<Work["roles"]["result"]> {
    return headRoles(this.session, { signal });
  }

  /** The tokens of one prompt. */
  async prompts({ spec, row }: Work["prompts"]["ask"]): Promise<Work["prompts"]["result"]> {
    const { tokenizer } = this.session;
    const { clean, corrupted, labels, corruptedLabels, changed, read } = this.session.prompts(
      spec.prompt,
    );
    const shown = Math.min(row, clean.batch - 1);
    return {
      batch: clean.batch,
      row: shown,
      clean: promptTokens(clean, labels, tokenizer, shown),
      corrupted: corrupted && promptTokens(corrupted, corruptedLabels ?? labels, tokenizer, shown),
      changed,
      read,
    };
  }

  /** The attention of every head. */
  async attention(
    { spec, prompt }: Work["attention"]["ask"],
    { signal }: WorkTools<"attention">,
  ): Promise<ShownAttention> {
    const attention = await sessionAttention(this.session, spec, { prompt, signal });
    return {
      ...attention,
      read: this.session.prompts(spec.prompt).read,
      hidden: attention.opensWithBos ? attention.mean.map(withoutBos) : null,
      lags: lagsOf(attention),
    };
  }

  /** The answer, and the one without interventions. */
  async answer(
    { spec, prompt }: Work["answer"]["ask"],
    { signal }: WorkTools<"answer">,
  ): Promise<Work["answer"]["result"]> {
    const now = await sessionAnswer(this.session, spec, { prompt, signal });
    if (spec.interventions.length === 0) return { now, before: null };
    const plain = { ...spec, interventions: [] };
    return { now, before: await sessionAnswer(this.session, plain, { prompt, signal }) };
  }

  /** The command lines that give the same numbers. */
  async commands({ spec, views }: Work["commands"]["ask"]): Promise<Work["commands"]["result"]> {
    return sessionCommands(this.session, spec, views);
  }

  /** The matrix of patches, as prompts come in. */
  async patches(
    { spec, ...what }: Work["patches"]["ask"],
    { signal, onPart, onProgress }: WorkTools<"patches">,
  ): Promise<ShownPatches> {
    const onRows = (matrix: SessionPatchMatrix) => onPart(withEffects(matrix));
    return withEffects(
      await sessionPatchMatrix(this.session, spec, { ...what, signal, onProgress, onRows }),
    );
  }

  /** The answer along an axis, row by row. */
  table(
    { spec, axis }: Work["table"]["ask"],
    { signal, onPart, onProgress }: WorkTools<"table">,
  ): Promise<Work["table"]["result"]> {
    const onRow = (row: SessionTableRow, index: number) => onPart({ row, index });
    return sessionTable(this.session, spec, axis, { signal, onProgress, onRow });
  }
}

function withEffects(matrix: SessionPatchMatrix): ShownPatches {
  const flat = [matrix.normalised].flat(3) as number[];
  return { ...matrix, effects: flat.map((value) => value - matrix.before.mean) };
}

function lagsOf(attention: SessionAttention): ShownAttention["lags"] {
  return attention.mean.map((layer, index) =>
    Array.from({ length: layer.shape[0] ?? 0 }, (_, head) =>
      sessionLagProfile(attention, { layer: index, head }),
    ),
  );
}

/** A graphics card is used where there is one; one that the processor plays is no gain. */
async function chosenDevice(choice: DeviceChoice): Promise<DeviceKind> {
  if (choice !== "auto") return openDevice(choice);
  if (await hasGraphicsCard()) {
    try {
      return await openDevice("webgpu");
    } catch (error) {
      if (!(error instanceof LookbackError)) throw error;
    }
  }
  return openDevice("wasm");
}

interface GpuAdapter {
  readonly isFallbackAdapter?: boolean;
  readonly info?: { readonly isFallbackAdapter?: boolean; readonly architecture?: string };
}

async function hasGraphicsCard(): Promise<boolean> {
  const { gpu } = navigator as unknown as {
    readonly gpu?: { requestAdapter(): Promise<GpuAdapter | null> };
  };
  const adapter = await gpu?.requestAdapter().catch(() => null);
  if (!adapter) return false;
  const isSoftware = adapter.info?.isFallbackAdapter ?? adapter.isFallbackAdapter ?? false;
  return !isSoftware && adapter.info?.architecture !== "swiftshader";
}
