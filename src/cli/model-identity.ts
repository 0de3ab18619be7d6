/** @file Whose result it is: what every result of a model begins with. */

import type { DeviceKind } from "../engine/device.ts";
import type { HookedTransformer } from "../model/model.ts";
import type { Processing } from "../model/processing.ts";

/** A model by its name and its bytes, and how it was run. */
export interface ModelIdentity {
  readonly model: string;
  readonly hash: string;
  readonly processing: Processing;
  readonly device: DeviceKind;
}

/** The identity of a model that runs. */
export function identityOf({
  name,
  hash,
  processing,
  device,
}: Pick<HookedTransformer, "name" | "hash" | "processing" | "device">): ModelIdentity {
  return { model: name, hash, processing, device };
}
