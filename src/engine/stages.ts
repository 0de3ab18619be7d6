/**
 * @file Long work in stages. The array library is lazy: all that is asked for at once is allocated at
 * once. So a training step is cut into stages, and each is begun while the one before it runs: the
 * threads never wait for the next, and memory is given back between two.
 */

import { type DeviceKind, switchDevice } from "./device.ts";
import { ownedIn, Scope, scoped } from "./scope.ts";
import { Tensor } from "./tensor.ts";

/** The tensors in what a stage made. */
function tensorsIn(made: unknown): Tensor[] {
  return [...ownedIn(made)].filter((owned) => owned instanceof Tensor);
}

/**
 * Runs stages one after the other and owns what they make until it is closed, but for what was freed
 * or kept before.
 */
export class Stages {
  readonly #device: DeviceKind;
  readonly #scope = new Scope(undefined);
  #running: Promise<unknown> = Promise.resolve();

  /** @param device where stages compute, whatever is opened in between. */
  constructor(device: DeviceKind) {
    this.#device = device;
  }

  /**
   * Computes the tensors that a stage returns, in arrays, maps and plain objects or alone; all else
   * that it made is freed. Of tensors that it did not make, it may return those of earlier stages.
   * Resolves once the stage before it is done, so at most one runs and one waits.
   */
  async run<T>(body: () => T): Promise<T> {
    switchDevice(this.#device);
    const made = scoped(body);
    const own = tensorsIn(made).filter((tensor) => tensor.scope === undefined);
    for (const tensor of own) this.#scope.adopt(tensor);
    const before = this.#running;
    this.#running = Promise.all(own.map((tensor) => tensor.compute()));
    this.#running.catch(() => {}); // whoever waits for it next will see it fail
    await before;
    return made;
  }

  /** Resolves once everything is computed. */
  async finish(): Promise<void> {
    await this.#running;
  }

  /** Frees what a stage returned, as soon as what was asked of it is computed. */
  free(made: unknown): void {
    for (const tensor of tensorsIn(made)) tensor.free();
  }

  /** Frees all that stages made. */
  close(): void {
    this.#scope.close();
  }
}
