/**
 * @file Web workers for Node. The array library spreads its kernels over threads only where there is a
 * global `Worker` when it is loaded, as in a page; importing this file before it gives Node as much of
 * one as it needs, over `node:worker_threads`. Imported too late it does nothing, and kernels run on
 * the main thread. `LOOKBACK_THREADS` sets the number of threads, by default one for each core.
 */

import { resolveObjectURL } from "node:buffer";
import { availableParallelism } from "node:os";
import { setFlagsFromString } from "node:v8";
import { Worker as NodeWorker } from "node:worker_threads";
import { LookbackError } from "../errors.ts";

/** What a page's worker sees, over what Node gives; compiled kernels are sent once and kept. */
const PRELUDE = `
const { parentPort } = require("node:worker_threads");
const modules = new Map();
globalThis.self = globalThis;
globalThis.postMessage = (message) => parentPort.postMessage(message);
parentPort.on("message", (data) => {
  if (data.kernelHash !== undefined) {
    if (data.module === undefined) data.module = modules.get(data.kernelHash);
    else modules.set(data.kernelHash, data.module);
  }
  self.onmessage({ data });
});
`;

interface KernelMessage {
  readonly kernelHash?: string;
  readonly module?: unknown;
}

/** A worker whose source is an object URL. It keeps the process alive only while it owes an answer. */
class PageWorker {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: ((event: { message: string }) => void) | null = null;
  readonly #sent = new Set<string>();
  #waiting: KernelMessage[] | undefined = [];
  #worker: NodeWorker | undefined;

  constructor(url: string | URL) {
    void this.#start(String(url)).catch((error: unknown) =>
      this.onerror?.({ message: String(error) }),
    );
  }

  async #start(url: string): Promise<void> {
    const source = await resolveObjectURL(url)?.text();
    if (source === undefined) throw new Error(`${url} is no object URL of this process`);
    const worker = new NodeWorker(PRELUDE + source, { eval: true });
    worker.on("message", (data) => {
      worker.unref(); // one answer to each message, and no message before the last one is answered
      this.onmessage?.({ data });
    });
    worker.on("error", (error) => this.onerror?.({ message: String(error) }));
    this.#worker = worker;
    for (const message of this.#waiting ?? []) this.#send(message);
    this.#waiting = undefined;
  }

  postMessage(message: KernelMessage): void {
    if (this.#waiting === undefined) this.#send(message);
    else this.#waiting.push(message);
  }

  /** Cloning a compiled module costs more than many a kernel takes, so each goes over once. */
  #send(message: KernelMessage): void {
    const { kernelHash } = message;
    this.#worker?.ref();
    if (kernelHash !== undefined && this.#sent.has(kernelHash)) {
      this.#worker?.postMessage({ ...message, module: undefined });
      return;
    }
    if (kernelHash !== undefined) this.#sent.add(kernelHash);
    this.#worker?.postMessage(message);
  }
}

function threadCount(): number {
  const asked = process.env.LOOKBACK_THREADS;
  if (asked === undefined || asked === "") return availableParallelism();
  const count = Number(asked);
  if (!Number.isInteger(count) || count < 1) {
    throw new LookbackError(
      "bad-spec",
      `LOOKBACK_THREADS must be a positive integer, got ${JSON.stringify(asked)}`,
      { field: "LOOKBACK_THREADS", value: asked },
    );
  }
  return count;
}

/** The engine's mark (`engine/device.ts`), by name: importing it from there would load the engine. */
const ENGINE_LOADED = Symbol.for("lookback.engine-loaded");

// WebAssembly is first compiled in a hurry and replaced by better code only at a later call. A kernel is
// one long call, so its first would take ten times as long as the others.
setFlagsFromString("--no-liftoff");

if (!("Worker" in globalThis) && !(ENGINE_LOADED in globalThis)) {
  // The array library asks the navigator how many workers to start, as in a page.
  Object.defineProperty(globalThis.navigator, "hardwareConcurrency", { value: threadCount() });
  Object.defineProperty(globalThis, "Worker", { value: PageWorker, configurable: true });
}
