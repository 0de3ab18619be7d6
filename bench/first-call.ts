/**
 * @file What the first call of a kernel costs, which depends on the compiler that V8 takes first.
 * Prints seconds of the first and of the third call as JSON.
 *
 *     node bench/first-call.ts (--liftoff | --no-liftoff)
 */

// First, for threads; it sets a flag of its own.
import "../src/node/threads.ts";
import { setFlagsFromString } from "node:v8";

setFlagsFromString(process.argv[2] ?? "--no-liftoff");

const { openDevice } = await import("../src/engine/device.ts");
const { scoped } = await import("../src/engine/scope.ts");
const { tensor } = await import("../src/engine/tensor.ts");

const [ROWS, INNER, COLUMNS] = [254, 512, 48320];

await openDevice("wasm");
const { x, w } = scoped(() => ({
  x: tensor({ shape: [ROWS, INNER], data: new Float32Array(ROWS * INNER).fill(0.5) }),
  w: tensor({ shape: [INNER, COLUMNS], data: new Float32Array(INNER * COLUMNS).fill(0.5) }),
}));
const times: number[] = [];
for (let call = 0; call < 3; call++) {
  const start = performance.now();
  const product = scoped(() => x.matmul(w));
  await product.compute();
  product.free();
  times.push((performance.now() - start) / 1000);
}
console.log(JSON.stringify([times[0], times[2]]));
