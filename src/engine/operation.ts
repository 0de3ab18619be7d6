/**
 * @file What the array library throws, as errors that say what to do: operations on shapes that do not
 * fit, and memory that has run out.
 */

import type { numpy as np } from "@jax-js/jax";
import { LookbackError } from "../errors.ts";

/** `[2, 3]`. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}

/** What hosts and the array library say when there is no more memory. */
const NO_MEMORY =
  /memory32 limit|Memory\.grow|grow (instance )?memory|[Aa]rray buffer allocation|out of memory/;

/** An error of the array library or the host about memory, as one that says what helps; others as they are. */
export function orOutOfMemory(error: unknown): unknown {
  if (error instanceof LookbackError || !(error instanceof Error)) return error;
  if (!NO_MEMORY.test(error.message)) return error;
  return new LookbackError(
    "out-of-memory",
    "the device is out of memory: it holds 4 GiB, and what was freed serves only arrays of the same size again. Run fewer rows at a time (chunkRows), ask for less at once, run prompts of one length together rather than of many, or start a new process (in a page, load it again)",
    {},
    { cause: error },
  );
}

/** What an operation is given: a tensor, which hands out a reference to consume each time it is asked. */
interface Operand {
  readonly shape: readonly number[];
  readonly array: np.Array;
}

/**
 * Calls the array library for one operation. Where it fails, what it was given is held no longer by it.
 *
 * @param name what the user called: `matmul`.
 * @param how what else was asked for: `to [2, 8]`.
 * @throws LookbackError `bad-shape` naming the operation and its shapes when they do not fit;
 *   `out-of-memory`.
 */
export function operation(
  name: string,
  operands: readonly Operand[],
  make: (...arrays: np.Array[]) => np.Array,
  how = "",
): np.Array {
  const arrays = operands.map(({ array }) => array);
  const counts = arrays.map(({ refCount }) => refCount);
  try {
    return make(...arrays);
  } catch (error) {
    giveBack(arrays, counts);
    throw whyNot(error, name, operands, how);
  }
}

/** Gives back the references that an operation has not consumed before it failed. */
function giveBack(arrays: readonly np.Array[], counts: readonly number[]): void {
  for (const [i, array] of arrays.entries()) {
    const given = arrays.filter((other) => other === array).length;
    while (array.refCount > (counts[i] as number) - given) array.dispose();
  }
}

function whyNot(thrown: unknown, name: string, operands: readonly Operand[], how: string): unknown {
  const error = orOutOfMemory(thrown);
  // A reference error says that an array was used after it was freed, which no shape explains.
  if (error instanceof LookbackError || error instanceof ReferenceError) return error;
  if (!(error instanceof Error) || error.message.startsWith("internal")) return error;
  const shapes = operands.map(({ shape }) => shape);
  const what = [name, shapes.length === 0 ? "" : `of ${shapes.map(shapeText).join(" and ")}`, how];
  return new LookbackError(
    "bad-shape",
    `${what.filter((part) => part !== "").join(" ")} is not possible: ${error.message}`,
    { operation: name, shapes },
    { cause: error },
  );
}

/** Waits for work of the array library, in which only memory can still run out. */
export async function unlessOutOfMemory<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw orOutOfMemory(error);
  }
}
