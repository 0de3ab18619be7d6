/** @file What the worker can do: one method for each kind of question, on the model that is loaded. */

import { LookbackError, throwIfCancelled } from "../../../src/errors.ts";
import type { LoadedModel } from "../../../src/loading/model-files.ts";
import type { HeadIndex } from "../../../src/model/heads.ts";
import { HookedTransformer } from "../../../src/model/model.ts";
import { answerChange, sessionAnswer } from "../../../src/session/answer.ts";
import {
  type SessionAttention,
  sessionAttention,
  sessionLagProfile,
  withoutBos,
} from "../../../src/session/attention.ts";
import { sessionCommands } from "../../../src/session/commands.ts";
import { headRoles, SURE_ROLES_SPEC } from "../../../src/session/head-roles.ts";
import { leadHead } from "../../../src/session/lead-head.ts";
import { patchEffects } from "../../../src/session/patch-effects.ts";
import { type SessionPatchMatrix, sessionPatchMatrix } from "../../../src/session/patch-matrix.ts";
import { promptTokens } from "../../../src/session/prompts.ts";
import { Session } from "../../../src/session/session.ts";
import { sessionTable } from "../../../src/session/table.ts";
import { chosenDevice } from "./chosen-device.ts";
import { fetchModel } from "./fetch-model.ts";
import { KeptModels } from "./kept-models.ts";
import type { ShownAttention, ShownPatches, TableRow, Work, WorkKind } from "./protocol.ts";

/** What a piece of work is given beside what is asked. */
export interface WorkTools<K extends WorkKind> {
  readonly signal: AbortSignal;
  readonly onPart: (part: Work[K]["part"]) => void;
  readonly onProgress: (share: number, words?: string) => void;
  /** Lets what is more urgent have its turn, in work of many steps. */
  readonly pause: () => Promise<void>;
}

/** What tokenizers of this family have as their first token, where a model's files do not say. */
const USUAL_BOS = 0;

/** Owns the session. */
export class Workplace {
  readonly #kept = new KeptModels();
  #session: Session | undefined;

  get session(): Session {
    if (this.#session !== undefined) return this.#session;
    throw new LookbackError("not-found", "there is no model yet");
  }

  /** Fetches a model, unless it is there or was of late. The session may be used meanwhile. */
  async fetch(
    { source }: Work["load"]["ask"],
    tools: Pick<WorkTools<"load">, "signal" | "onProgress">,
  ): Promise<LoadedModel> {
    return this.#kept.of(source) ?? fetchModel(source, tools);
  }

  /** Puts a model that was fetched in the place of the one before, which stays until this one is whole. */
  async load(
    { source, device }: Work["load"]["ask"],
    model: LoadedModel,
    { signal, onProgress }: Pick<WorkTools<"load">, "signal" | "onProgress">,
  ): Promise<Work["load"]["result"]> {
    onProgress(1, "putting the weights in place");
    throwIfCancelled(signal);
    const kind = await chosenDevice(device);
    const ready = await HookedTransformer.create(model, { device: kind });
    const bos = model.config.bos_token_id ?? USUAL_BOS;
    const session = new Session(ready, model.tokenizer, bos);
    let lead: HeadIndex;
    try {
      lead = await leadHead(session, { signal });
      throwIfCancelled(signal); // while it was looked for, or the page would not know of this model
    } catch (error) {
      ready.dispose();
      throw error;
    }
    this.#session?.model.dispose();
    this.#kept.add(source, model);
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

  /** The same, with the roles that show on many prompts only. */
  sureRoles(
    _: Work["sureRoles"]["ask"],
    { signal }: WorkTools<"sureRoles">,
  ): Promise<Work["sureRoles"]["result"]> {
    return headRoles(this.session, { signal }, SURE_ROLES_SPEC);
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
    if (spec.interventions.length === 0) return { now, before: null, change: null };
    const plain = { ...spec, interventions: [] };
    const before = await sessionAnswer(this.session, plain, { prompt, signal });
    return { now, before, change: answerChange(before, now) };
  }

  /** The command lines that give the same numbers. */
  async commands({ spec, views }: Work["commands"]["ask"]): Promise<Work["commands"]["result"]> {
    return sessionCommands(this.session, spec, views);
  }

  /** The matrix of patches, as prompts come in. */
  async patches(
    { spec, ...what }: Work["patches"]["ask"],
    { onPart, ...tools }: WorkTools<"patches">,
  ): Promise<ShownPatches> {
    const onRows = (matrix: SessionPatchMatrix) => onPart(withEffects(matrix));
    return withEffects(await sessionPatchMatrix(this.session, spec, { ...what, ...tools, onRows }));
  }

  /** The answer along an axis, row by row. */
  async table(
    { spec, axis }: Work["table"]["ask"],
    { onPart, ...tools }: WorkTools<"table">,
  ): Promise<Work["table"]["result"]> {
    const table: TableRow[] = [];
    const onRow = (row: TableRow, index: number) => {
      table[index] = row;
      onPart({ row, index });
    };
    await sessionTable(this.session, spec, axis, { ...tools, onRow, onUnfit: onRow });
    return table;
  }
}

function withEffects(matrix: SessionPatchMatrix): ShownPatches {
  return { ...matrix, effects: patchEffects(matrix) };
}

function lagsOf(attention: SessionAttention): ShownAttention["lags"] {
  return attention.mean.map((layer, index) =>
    Array.from({ length: layer.shape[0] ?? 0 }, (_, head) =>
      sessionLagProfile(attention, { layer: index, head }),
    ),
  );
}
