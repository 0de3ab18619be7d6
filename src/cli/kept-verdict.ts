/** @file Running a verdict on the command line: with progress, and with its parts kept in a folder. */

import { LookbackError } from "../errors.ts";
import type { VerdictResult } from "../hypothesis/verdict.ts";
import type { VerdictPart } from "../hypothesis/verdict-parts.ts";
import { VERDICT_PARTS } from "../hypothesis/verdict-parts.ts";
import type { VerdictSpec } from "../hypothesis/verdict-spec.ts";
import type { HookedTransformer, ModelSource } from "../model/model.ts";
import type { CommandContext } from "./context.ts";
import type { OutFolder } from "./out-file.ts";
import { type PartsBefore, partsIn } from "./verdict-parts.ts";
import { packageVersion } from "./version.ts";

/** What each part measures, for the progress line. */
const PART_NAMES: Readonly<Record<VerdictPart, string>> = {
  scorecard: "the scorecard of every head",
  recency: "logit differences by length, asked both ways",
  lookBackWindow: "where the look-back head looks",
  reach: "lengths with a limited reach",
  effects: "heads and paths by length",
  edges: "every path at one length",
  scores: "attention scores taken apart",
  ablation: "ablations by length",
  order: "orders of the tokens",
  inductionBug: "the induction bug",
  attribution: "attributions beside exact effects",
  composition: "composition scores",
};

/** The error of a verdict that was interrupted: what it has measured is kept. */
function stopped(path: string, kept: number): LookbackError {
  return new LookbackError(
    "cancelled",
    `cancelled; ${kept} of ${VERDICT_PARTS.length} parts are in ${path}, and the same command goes on from there`,
    { kept: path },
  );
}

/** What to judge, and where its parts are kept. */
export interface KeptVerdictRequest extends PartsBefore {
  readonly bos: number;
  readonly spec: VerdictSpec;
  readonly source: ModelSource;
  /** Undefined where nothing is to be kept. */
  readonly out: OutFolder | undefined;
  readonly context: CommandContext;
}

/**
 * The verdict on a model, and how many of its parts were there from an earlier run.
 *
 * @throws LookbackError as `verdict`; where it was interrupted, with what was kept.
 */
export async function keptVerdict(
  model: HookedTransformer,
  {
    bos,
    spec,
    source,
    out,
    isFresh,
    mayReplace,
    context: { signal, progress, tell },
  }: KeptVerdictRequest,
): Promise<{ readonly result: VerdictResult; readonly taken: number }> {
  const { verdict } = await import("../hypothesis/verdict.ts");
  const parts = out && partsIn(out, model, { version: packageVersion(), isFresh, mayReplace });
  try {
    const result = await verdict(model, bos, spec, {
      source,
      signal,
      onProgress: ({ part, index, count, share }) =>
        progress.show({ done: index + share, total: count, label: PART_NAMES[part] }),
      ...(parts && { finished: parts.finished }),
      onPart: async (part, key, measured) => {
        await parts?.onPart(part, key, measured);
        const place = VERDICT_PARTS.indexOf(part) + 1;
        tell(`${model.name}: ${PART_NAMES[part]} (part ${place} of ${VERDICT_PARTS.length})`);
      },
    });
    return { result, taken: parts?.taken() ?? 0 };
  } catch (error) {
    const kept = parts?.kept() ?? 0;
    throw signal.aborted && out && kept > 0 ? stopped(out.path, kept) : error;
  }
}
