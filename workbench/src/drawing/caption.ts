/** @file What a saved figure says of where its numbers come from: model, prompts, and what was done to the run. */

import type { SessionSpec } from "../../../src/session/spec.ts";
import { batchOf } from "../state/actions.ts";
import type { Look, ModelChoice } from "../state/state.ts";
import { interventionName } from "../views/intervention-name.ts";

/** What a figure is of, as far as its view says: a state of the page, or parts of one. */
interface Source {
  readonly model?: ModelChoice | string;
  readonly session?: SessionSpec;
  readonly look?: Pick<Look, "prompt">;
}

/** What a figure says of itself. */
interface About {
  /** Prompts behind the numbers, where it is not all that were asked for: `50`, `12 to 200`. */
  readonly n?: string | undefined;
  /** What its axis is over: where that is a field of the prompts, it has no one value. */
  readonly xTitle?: string | undefined;
}

/**
 * The lines under a saved figure.
 *
 * @param spec what goes along into a figure's JSON.
 */
export function captionOf(spec: unknown, { n, xTitle }: About = {}): string[] {
  const { model, session, look } = (spec ?? {}) as Source;
  const named = model === undefined ? [] : [modelName(model)];
  if (session === undefined) return named;
  const { prompt, runs, mode, interventions } = session;
  const isMean = look === undefined || look.prompt === "mean";
  const asked = isMean ? batchOf(prompt) : 1;
  const which = isMean ? "" : `prompt ${look.prompt}, `;
  const parts = [promptWords(prompt, xTitle), `${runs} runs`, ...(mode === "total" ? [] : [mode])];
  const done = interventions.map((intervention) => interventionName(intervention, []));
  return [
    [...named, parts.join(", "), `${which}n = ${n ?? asked}`].join("; "),
    done.length === 0 ? "no interventions" : `interventions: ${done.join(", ")}`,
  ];
}

function modelName(model: ModelChoice | string): string {
  if (typeof model === "string") return model;
  switch (model.kind) {
    case "hub":
      return model.id;
    case "checkpoint":
      return `${model.run} ${model.checkpoint}`;
    default:
      return model.name;
  }
}

/** @param swept the field that is left out. */
function promptWords(prompt: SessionSpec["prompt"], swept?: string): string {
  switch (prompt.kind) {
    case "repeated": {
      const { length, seed, side, order = "first-second", gap = 0, distance = 0 } = prompt;
      const spaces = [
        ...(gap > 0 && swept !== "gap" ? [`gap ${gap}`] : []),
        ...(distance > 0 && swept !== "distance" ? [`distance ${distance}`] : []),
        ...(order === "first-second" || swept === "order" ? [] : [order]),
      ];
      return [
        swept === "length" ? "repeated sequences" : `repeated sequences of ${length}`,
        ...spaces,
        `${side} corrupted`,
        `seed ${seed}`,
      ].join(", ");
    }
    case "pattern":
      return [
        prompt.pattern,
        ...(prompt.corrupted ? [`corrupted ${prompt.corrupted}`] : []),
        `seed ${prompt.seed}`,
      ].join(", ");
    case "text":
      return `“${prompt.text}”`;
  }
}
