/**
 * @file The verdicts on several models: each is judged in a folder of its own, where its parts are kept,
 * and what came out of each claim is set side by side.
 */

import { dirname } from "node:path";
import { LookbackError } from "../errors.ts";
import { type AcrossModels, acrossModels } from "../hypothesis/across-models.ts";
import type { VerdictResult } from "../hypothesis/verdict.ts";
import type { VerdictSpec } from "../hypothesis/verdict-spec.ts";
import type { LoadedModel } from "../loading/model-files.ts";
import { bosToken } from "./bos.ts";
import type { CommandContext } from "./context.ts";
import { loadEngine } from "./engine.ts";
import { stableJson } from "./json.ts";
import { keptVerdict } from "./kept-verdict.ts";
import type { ModelCommandOptions } from "./options.ts";
import type { Content, OutFolder } from "./out-file.ts";
import { packageVersion } from "./version.ts";

/** A model, where its verdict goes, and the command that gives it. */
export interface ModelToJudge {
  readonly loaded: LoadedModel;
  /** Undefined where nothing is to be written. */
  readonly out: OutFolder | undefined;
  readonly command: string;
}

/** How to judge models. */
export interface JudgeOptions
  extends Pick<ModelCommandOptions, "device" | "threads" | "processing"> {
  readonly spec: VerdictSpec;
  /** Whether parts that are there already are measured again. */
  readonly isFresh: boolean;
}

/** A verdict, and how many of its parts were there from an earlier run. */
export interface Judged {
  readonly result: VerdictResult;
  readonly taken: number;
}

/** The context of one among several: its progress is a part of the whole. */
function oneOf(
  context: CommandContext,
  { name, index, count }: { readonly name: string; readonly index: number; readonly count: number },
): CommandContext {
  if (count === 1) return context;
  const show: CommandContext["progress"]["show"] = ({ done, total, label }) =>
    context.progress.show({
      done: index + done / total,
      total: count,
      label: `${name} (${index + 1} of ${count}): ${label}`,
    });
  return { ...context, progress: { ...context.progress, show } };
}

/** The error of verdicts that were interrupted when some of the models had been judged. */
function stopped(error: unknown, judged: number, { path }: OutFolder): unknown {
  if (error instanceof LookbackError && error.details.kept !== undefined) return error;
  return new LookbackError(
    "cancelled",
    `cancelled; ${judged} model${judged === 1 ? " is" : "s are"} judged, and the same command goes on with the next`,
    { kept: dirname(path) },
  );
}

/**
 * Judges each model, and writes its report as soon as it is judged.
 *
 * @throws LookbackError as `verdict`; where it was interrupted, with what was kept.
 */
export async function judgeModels(
  models: readonly ModelToJudge[],
  { spec, isFresh, ...engine }: JudgeOptions,
  context: CommandContext,
): Promise<Judged[]> {
  const { HookedTransformer } = await loadEngine(engine);
  const all: Judged[] = [];
  for (const [index, { loaded, out, command }] of models.entries()) {
    const own = oneOf(context, { name: loaded.name, index, count: models.length });
    const bos = bosToken(loaded, spec.bos ?? undefined, context);
    using model = await HookedTransformer.create(loaded, engine);
    const request = { bos, spec, source: loaded, out, isFresh, mayReplace: false, context: own };
    const judged = await keptVerdict(model, request).catch((error: unknown) => {
      throw context.signal.aborted && index > 0 && out ? stopped(error, index, out) : error;
    });
    all.push(judged);
    if (out === undefined) continue;
    own.progress.show({ done: 1, total: 1, label: "drawing the report" });
    const { verdictFiles } = await import("../report/verdict/files.ts"); // draws, and takes a while to load
    const files = await verdictFiles(judged.result, { command, version: packageVersion() });
    const json = stableJson(judged.result);
    await out.write(new Map<string, Content>([...files, ["result.json", json]]));
  }
  return all;
}

/** Sets verdicts side by side, and writes their page into the folder that holds those of each. */
export async function sideBySide(
  results: readonly VerdictResult[],
  out: OutFolder | undefined,
  { command, pages }: { readonly command: string; readonly pages: readonly string[] },
): Promise<AcrossModels> {
  const result = acrossModels(results);
  if (out !== undefined) {
    const { acrossModelsFiles } = await import("../report/across-models/files.ts");
    const files = await acrossModelsFiles(result, { command, version: packageVersion(), pages });
    await out.write(new Map<string, Content>([...files, ["result.json", stableJson(result)]]));
  }
  return result;
}
