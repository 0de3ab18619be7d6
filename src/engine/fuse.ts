/**
 * @file Operations that always run together, compiled into few kernels. An operation on its own costs
 * the main thread a third of a millisecond, in which the workers wait; a fused one, traced once for
 * each set of shapes, a tenth of that, and it keeps no intermediate results.
 */

import { jit, type numpy as np } from "@jax-js/jax";
import { currentDevice, type DeviceKind } from "./device.ts";
import { operation } from "./operation.ts";
import { scoped } from "./scope.ts";
import { Tensor } from "./tensor.ts";

/**
 * A compiled form of a function of tensors. The function is called once for each set of shapes, with
 * stand-ins: it must depend on nothing but its arguments.
 *
 * Arguments that are permuted or broadcast views are copied first; permute inside of the function.
 */
export function fuse<Args extends readonly Tensor[]>(
  fn: (...inputs: Args) => Tensor,
): (...inputs: Args) => Tensor {
  const trace = (...arrays: np.Array[]) =>
    scoped(() => {
      const inputs = arrays.map((array) => new Tensor(array));
      return fn(...(inputs as unknown as Args)).array;
    });
  // A compiled form holds constants on the device that it was traced on.
  const compiled = new Map<DeviceKind | undefined, (...arrays: np.Array[]) => np.Array>();
  return (...inputs) => {
    const device = currentDevice();
    const form = compiled.get(device) ?? jit(trace);
    compiled.set(device, form);
    return new Tensor(operation("a fused function", inputs, form));
  };
}

/** {@link fuse} for functions with a parameter that is fixed at compile time: one form for each key. */
export function fuseFor<Key extends string | number, Args extends readonly Tensor[]>(
  fn: (key: Key) => (...inputs: Args) => Tensor,
): (key: Key) => (...inputs: Args) => Tensor {
  const forms = new Map<Key, (...inputs: Args) => Tensor>();
  return (key) => {
    const known = forms.get(key) ?? fuse(fn(key));
    forms.set(key, known);
    return known;
  };
}
