/**
 * @file Who frees a tensor. The array library counts references, and people who write hooks should
 * never meet that: every tensor belongs to the scope that was open when it was made, and is freed
 * when the scope closes, unless it was kept or returned.
 */

import { LookbackError } from "../errors.ts";

/** What a scope needs to know of the tensors it owns. */
export interface Owned {
  /** The scope that will free this tensor; undefined once somebody keeps it. */
  scope: Scope | undefined;
  free(): void;
}

/** A set of tensors that are freed together. */
export class Scope {
  readonly parent: Scope | undefined;
  readonly #owned = new Set<Owned>();

  constructor(parent: Scope | undefined) {
    this.parent = parent;
  }

  adopt(tensor: Owned): void {
    tensor.scope = this;
    this.#owned.add(tensor);
  }

  release(tensor: Owned): void {
    this.#owned.delete(tensor);
    tensor.scope = undefined;
  }

  close(): void {
    for (const tensor of this.#owned) tensor.free();
    this.#owned.clear();
  }
}

let current: Scope | undefined;

/**
 * The scope that a new tensor belongs to.
 *
 * @throws LookbackError `freed-tensor` outside of every {@link scoped}: nobody would free it.
 */
export function currentScope(): Scope {
  if (current === undefined) {
    throw new LookbackError(
      "freed-tensor",
      "tensors can be computed only inside a hook or inside scoped(() => …), which frees them; keep a result with .keep() or return it from scoped()",
    );
  }
  return current;
}

/** The tensors in a returned value: itself, or the values of an array, a map or a plain object. */
export function* ownedIn(value: unknown): Generator<Owned> {
  if (typeof value !== "object" || value === null) return;
  if ("free" in value && "scope" in value) {
    yield value as Owned;
  } else if (value instanceof Map || Array.isArray(value)) {
    for (const item of value.values()) yield* ownedIn(item);
  } else if (Object.getPrototypeOf(value) === Object.prototype) {
    for (const item of Object.values(value)) yield* ownedIn(item);
  }
}

/**
 * Runs a synchronous computation and frees every tensor that it made, except those in what it
 * returns (a tensor, or an array, map or plain object of them): these pass to the scope around
 * this one, or to the caller where there is none.
 *
 * The body must not be asynchronous: read results back after it, with `await tensor.read()`.
 *
 * @throws LookbackError `freed-tensor` when the body returns a promise.
 */
export function scoped<T>(body: () => T): T {
  const scope = new Scope(current);
  current = scope;
  try {
    const result = body();
    refusePromise(result);
    for (const tensor of ownedIn(result)) {
      if (tensor.scope !== scope) continue;
      scope.release(tensor);
      scope.parent?.adopt(tensor);
    }
    return result;
  } finally {
    current = scope.parent;
    scope.close();
  }
}

/** What an asynchronous body computes after its first `await`, it would compute with freed tensors. */
function refusePromise(result: unknown): void {
  if (!(result instanceof Promise)) return;
  result.catch(() => {}); // what goes wrong in there goes wrong because of this
  throw new LookbackError(
    "freed-tensor",
    "scoped(() => …) got a promise: its tensors are freed as soon as its body returns, so the body must be synchronous; return the tensor, and await its read() after scoped",
  );
}
