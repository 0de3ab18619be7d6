/**
 * @file The most that a machine gives: the fastest float32 matmul of the array library here. What a
 * workload needs at least, over its time and this, says how far it is from as fast as can be.
 */

import { type DeviceKind, openDevice } from "../engine/device.ts";
import { fuse } from "../engine/fuse.ts";
import { scoped } from "../engine/scope.ts";
import { type Tensor, tensor } from "../engine/tensor.ts";

/** A matmul [rows, inner] times [inner, columns]. */
export interface MatmulShape {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

/**
 * Shapes that the array library likes, smallest first. Two rows less than a power of two leave 2 on
 * division by 4 (see `model/chunks.ts`) and still spread evenly over threads.
 */
const SHAPES: readonly MatmulShape[] = [
  { rows: 2046, inner: 512, columns: 512 },
  { rows: 254, inner: 512, columns: 8192 },
  { rows: 1022, inner: 1024, columns: 1024 },
  { rows: 2046, inner: 2048, columns: 2048 },
  { rows: 4094, inner: 4096, columns: 4096 },
];

const RUNS = 5;

/** No shape is tried that would take longer by what was seen so far: large ones are for fast devices. */
const PATIENCE_SECONDS = 0.15;

/** A matrix as it is, and one that is read along its rows: which is faster depends on the device. */
const FORMS = [
  fuse((x: Tensor, w: Tensor) => x.matmul(w)),
  fuse((x: Tensor, w: Tensor) =>
    x.matmul(w.reshape(w.shape[1] ?? 0, w.shape[0] ?? 0).permute(1, 0)),
  ),
];

const operations = ({ rows, inner, columns }: MatmulShape) => 2 * rows * inner * columns;

/** Numbers of order one that are cheap to make. */
function filled(...shape: readonly [number, number]): Tensor {
  const data = Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => (i % 13) / 6 - 1);
  return tensor({ shape, data });
}

/** The best of some runs of each form after one that does not count, in operations a second. */
async function speedOf(shape: MatmulShape, runs: number): Promise<number> {
  const { x, w } = scoped(() => ({
    x: filled(shape.rows, shape.inner),
    w: filled(shape.inner, shape.columns),
  }));
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run <= runs; run++) {
    for (const product of FORMS) {
      const start = performance.now();
      const result = scoped(() => product(x, w));
      await result.compute();
      result.free();
      if (run > 0) best = Math.min(best, (performance.now() - start) / 1000);
    }
  }
  for (const operand of [x, w]) operand.free();
  return operations(shape) / best;
}

/** What to try, and how often. */
export interface PeakOptions {
  readonly shapes?: readonly MatmulShape[];
  readonly runs?: number;
}

/**
 * The fastest float32 matmul on a device, in floating-point operations a second.
 *
 * @throws LookbackError `unsupported` when there is no such device.
 */
export async function matmulPeak(
  device: DeviceKind,
  { shapes = SHAPES, runs = RUNS }: PeakOptions = {},
): Promise<number> {
  await openDevice(device);
  let peak = 0;
  for (const shape of shapes) {
    if (peak > 0 && operations(shape) / peak > PATIENCE_SECONDS) continue;
    peak = Math.max(peak, await speedOf(shape, runs));
  }
  return peak;
}
