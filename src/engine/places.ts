/**
 * @file Rearrangements by a table of places. Whatever reorders, repeats or pads numbers is one gather
 * from places that are worked out beforehand. A view that is permuted and padded would be worked out
 * anew for each number, by divisions, and one number at a time: four times slower.
 */

import { numpy as np } from "@jax-js/jax";
import { fuse } from "./fuse.ts";
import { sizeOf } from "./ndarray.ts";
import { concatenate, Tensor } from "./tensor.ts";

/**
 * A table of places on the device, for {@link atPlaces}: each counts row-major through all numbers of
 * the tensor that will be read. The caller has checked that it holds so many.
 */
export function placeTable(places: Int32Array<ArrayBuffer>, shape: readonly number[]): Tensor {
  if (places.length !== sizeOf(shape)) throw new Error("internal: places do not fill their shape");
  return new Tensor(np.array(places).reshape([...shape]));
}

const taken = (x: Tensor, places: Tensor) =>
  new Tensor(np.take(x.reshape(-1).array, places.array, 0));

/** The numbers of a tensor at the places of a table, in the table's shape. */
export const atPlaces = fuse(taken);

/** The same of several tensors: places count through the numbers of all, one behind the other. */
export const atPlacesOfAll = fuse((places: Tensor, ...all: readonly Tensor[]) => {
  const flat = all.map((x) => x.reshape(-1));
  return taken(concatenate(flat, 0), places);
});

/** The sum of what several tensors have at the places of a table each. */
export function sumAtPlaces(tensors: readonly Tensor[], tables: readonly Tensor[]): Tensor {
  return sumOfTaken(...tensors, ...tables);
}

const sumOfTaken = fuse((...inputs: readonly Tensor[]) => {
  const tables = inputs.slice(inputs.length / 2);
  const parts = tables.map((table, i) => taken(inputs[i] as Tensor, table));
  return parts.reduce((sum, part) => sum.add(part));
});
