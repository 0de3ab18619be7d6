/**
 * @file Counting the arithmetic that the device is really given. The array library is lazy: what nobody
 * needs is never dispatched, so what a run does cannot be read off its source. But the library can
 * trace its kernels, each with the expression that it evaluates, and those that are matmuls tell how
 * many operations they hold.
 */

import { getWebGPUDevice, profiler } from "@jax-js/jax";
import { currentDevice } from "./device.ts";
import { nextTask } from "./next-task.ts";

/** What was dispatched. */
export interface Arithmetic {
  /** Floating-point operations in matmuls: two, a product and a sum, for each step of an inner product. */
  readonly flop: number;
  /** Kernels of any kind. None where a device cannot trace, as a graphics card without timestamps. */
  readonly kernels: number;
}

/** A kernel as its trace describes it. */
export interface KernelTrace {
  /** What is computed for each output, before its reduction. */
  readonly exp?: string;
  /** Number of outputs. */
  readonly size?: string;
  /** `Add:512`: the operation, and how many values it takes together. */
  readonly reduction?: string;
}

/** The index that runs over what a reduction takes together. */
const REDUCED = "$ridx";

/**
 * The operations of a kernel that is a matmul, in flop; 0 of any other. A matmul sums products of two
 * different things that both change along the sum: not squares, and not one thing times a constant.
 */
export function matmulOperations({ exp = "", size, reduction = "" }: KernelTrace): number {
  const [operation, extent] = reduction.split(":");
  return operation === "Add" && isInnerProduct(exp) ? 2 * Number(size) * Number(extent) : 0;
}

/** Whether an expression is a product of two different things that both change along the reduction. */
function isInnerProduct(exp: string): boolean {
  const factors = factorsOf(withoutCast(exp));
  if (factors === undefined) return false;
  const changing = factors.filter((factor) => factor.includes(REDUCED));
  const [first = "", second] = changing;
  return second === undefined ? isInnerProduct(first) : first !== second;
}

/** `Cast<float32>(x)` as `x`. */
function withoutCast(exp: string): string {
  const cast = /^Cast<\w+>\(/.exec(exp)?.[0];
  return cast !== undefined && exp.endsWith(")") ? `(${exp.slice(cast.length, -1)})` : exp;
}

const OPENING = "([{";
const CLOSING = ")]}";

/** `(a * b)` as its two factors; undefined for what is no product. */
function factorsOf(exp: string): [string, string] | undefined {
  if (!exp.startsWith("(") || !exp.endsWith(")")) return undefined;
  let depth = 0;
  for (let i = 0; i < exp.length; i++) {
    const character = exp[i] as string;
    if (OPENING.includes(character)) depth++;
    else if (CLOSING.includes(character)) depth--;
    else if (depth === 1 && exp.startsWith(" * ", i))
      return [exp.slice(1, i), exp.slice(i + 3, -1)];
  }
  return undefined;
}

/** What the array library puts into the entries that it leaves in the host's timeline. */
interface TraceDetail {
  readonly devtools?: {
    readonly trackGroup?: string;
    readonly properties?: readonly (readonly [name: string, value: string])[];
  };
}

const TRACK_GROUP = "JAX Profiler";

/** Adds up kernels from the host's timeline, and takes them off it: a run leaves many thousands. */
class Counter {
  flop = 0;
  kernels = 0;

  take(entries: readonly PerformanceEntry[]): void {
    const names = new Set<string>();
    for (const entry of entries) {
      const { devtools }: TraceDetail = (entry as PerformanceMeasure).detail ?? {};
      if (devtools?.trackGroup !== TRACK_GROUP) continue;
      names.add(entry.name);
      this.kernels++;
      this.flop += matmulOperations(Object.fromEntries(devtools.properties ?? []));
    }
    for (const name of names) performance.clearMeasures(name);
  }
}

let isCounting = false;

/**
 * Counts what the device is given while some work is done. Everything that runs meanwhile counts, so
 * nothing else should.
 *
 * @throws Error where another count is under way.
 */
export async function countArithmetic(work: () => Promise<unknown>): Promise<Arithmetic> {
  if (isCounting) throw new Error("arithmetic is being counted already, and of one work at a time");
  isCounting = true;
  const counter = new Counter();
  const observer = new PerformanceObserver((list) => counter.take(list.getEntries()));
  observer.observe({ type: "measure" });
  profiler.startTrace();
  try {
    await work();
  } finally {
    profiler.stopTrace();
    await tracesCame();
    counter.take(observer.takeRecords());
    observer.disconnect();
    isCounting = false;
  }
  return { flop: counter.flop, kernels: counter.kernels };
}

/** A graphics card tells of its kernels only once they have run. */
async function tracesCame(): Promise<void> {
  if (currentDevice() === "webgpu") await getWebGPUDevice().queue.onSubmittedWorkDone();
  await nextTask();
}
