/** @file Where to compute, where the reader leaves it to the page. */

import { type DeviceKind, openDevice } from "../../../src/engine/device.ts";
import { LookbackError } from "../../../src/errors.ts";
import type { DeviceChoice } from "./protocol.ts";

/** A graphics card is used where there is one; one that the processor plays is no gain. */
export async function chosenDevice(choice: DeviceChoice): Promise<DeviceKind> {
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
