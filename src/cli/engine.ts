/**
 * @file What computes, loaded only when the arguments are known to be right: threads must be set up
 * before the array library is loaded, and nobody should wait for it to read a help text.
 */

import { provideWebGpu } from "../node/webgpu.ts";
import type { ModelCommandOptions } from "./options.ts";

/** Where to compute, and on how many threads. */
export type EngineOptions = Pick<ModelCommandOptions, "device" | "threads">;

/**
 * Sets up the threads or the graphics card that were asked for, and loads what runs on them. Whatever
 * else computes is imported by the command that needs it, after this.
 *
 * @throws LookbackError `unsupported` when there is no WebGPU to be had.
 */
export async function loadEngine({ device, threads }: EngineOptions) {
  if (threads !== undefined) process.env.LOOKBACK_THREADS = String(threads);
  await import("../node/threads.ts");
  if (device === "webgpu") await provideWebGpu();
  const { openDevice } = await import("../engine/device.ts");
  const { HookedTransformer } = await import("../model/model.ts");
  return { openDevice, HookedTransformer };
}
