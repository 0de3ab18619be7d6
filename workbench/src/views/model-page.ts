/** @file Where more is told of a model. */

import type { ModelChoice } from "../state/state.ts";

/** A link to the card of a model; undefined for files and runs, which have none. */
export function modelPage(
  model: ModelChoice,
): { readonly url: string; readonly text: string } | undefined {
  switch (model.kind) {
    case "bundled":
      return { url: `models/${model.name}/README.md`, text: `Card of ${model.name}` };
    case "hub":
      // A name without an owner is an alias, of which the hub has no page.
      return model.id.includes("/")
        ? { url: `https://huggingface.co/${model.id}`, text: `${model.id} on the hub` }
        : undefined;
    default:
      return undefined;
  }
}
