/** @file Where arrays live: WebAssembly on the processor's cores, or WebGPU. */

import { type Device, defaultDevice, init } from "@jax-js/jax";
import { checkChoice, LookbackError } from "../errors.ts";

/** `wasm`: WebAssembly, on threads where the host has workers. `webgpu`: the graphics card. */
export type DeviceKind = "wasm" | "webgpu";

export const DEVICES: readonly DeviceKind[] = ["wasm", "webgpu"];

/**
 * Set once the array library is loaded. It looks for workers only then, and fails where they come
 * later, so whoever would bring them looks here first.
 */
const ENGINE_LOADED = Symbol.for("lookback.engine-loaded");
Object.defineProperty(globalThis, ENGINE_LOADED, { value: true, configurable: true });

const started = new Set<DeviceKind>();
let opened: DeviceKind | undefined;

/**
 * Starts a device and makes it the one that new tensors live on. Opening the open device again
 * costs nothing.
 *
 * @throws LookbackError `bad-spec` for what is no device here (there is no CUDA: `webgpu` is the graphics
 *   card), `unsupported` when this machine or browser has no such device.
 */
export async function openDevice(kind: DeviceKind = "wasm"): Promise<DeviceKind> {
  if (opened === kind) return kind;
  checkChoice("device", kind, DEVICES);
  let available: Device[] = [];
  let cause: unknown;
  try {
    available = await init(kind);
  } catch (error) {
    cause = error;
  }
  if (!available.includes(kind)) {
    const advice =
      kind === "webgpu"
        ? 'there is no WebGPU adapter here; use the device "wasm"'
        : "this host has no WebAssembly";
    throw new LookbackError(
      "unsupported",
      `device "${kind}" is not available: ${advice}`,
      { kind },
      {
        cause,
      },
    );
  }
  started.add(kind);
  switchDevice(kind);
  return kind;
}

/**
 * Makes a device that was opened before the one that new tensors live on, at once: two models on two
 * devices may take turns.
 */
export function switchDevice(kind: DeviceKind): void {
  if (opened === kind) return;
  if (!started.has(kind)) throw new Error(`internal: device ${kind} was never opened`);
  defaultDevice(kind);
  opened = kind;
}

/** The device that is open, or undefined before the first {@link openDevice}. */
export function currentDevice(): DeviceKind | undefined {
  return opened;
}
