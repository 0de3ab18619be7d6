/** @file Several models that a command was asked to run, each under a name of its own. */

import type { LoadedModel } from "../loading/model-files.ts";
import type { CommandContext } from "./context.ts";
import { loadModel } from "./load-model.ts";
import { UsageError } from "./usage-error.ts";

/**
 * Reads all of them, so that a name that is wrong costs no waiting for those before it. Where two are
 * named alike, as checkpoints of different runs are, they are named as they were asked for.
 *
 * @throws UsageError where two are of the same weights; as `loadModel`.
 */
export async function loadModels(
  asked: readonly string[],
  context: CommandContext,
): Promise<LoadedModel[]> {
  const loaded: LoadedModel[] = [];
  for (const name of asked) loaded.push(await loadModel(name, context));
  for (const [i, { hash }] of loaded.entries()) {
    const same = loaded.findIndex((other) => other.hash === hash);
    if (same < i) {
      throw new UsageError(
        `--model: ${asked[same]} and ${asked[i]} have the same weights; name different models`,
      );
    }
  }
  return loaded.map((model, i) =>
    loaded.filter(({ name }) => name === model.name).length > 1
      ? { ...model, name: asked[i] as string }
      : model,
  );
}
