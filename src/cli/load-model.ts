/** @file The model that a command was asked to run. */

import { DEFAULT_MODEL } from "../loading/default-model.ts";
import type { LoadedModel } from "../loading/model-files.ts";
import { readModel } from "../node/read-model.ts";
import type { CommandContext } from "./context.ts";

/** Reads the model of that name, or the default one; a download is shown. */
export async function loadModel(
  name: string | undefined,
  { signal, progress, warn }: CommandContext,
): Promise<LoadedModel> {
  const model = await readModel(name ?? DEFAULT_MODEL, {
    signal,
    onProgress: ({ done, total, label }) =>
      progress.show({ done, total, label: `downloading ${label}` }),
    onWarning: warn,
  });
  progress.clear();
  return model;
}
