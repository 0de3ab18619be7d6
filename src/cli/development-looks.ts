/**
 * @file Looks at checkpoints, each kept in the folder of the report as soon as it is measured and taken
 * up again by a later run that would measure the same, so that stopping loses no more than a look.
 */

import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Look, LookSpec } from "../development/look.ts";
import type { PlacedLook } from "../development/training-record.ts";
import type { DeviceKind } from "../engine/device.ts";
import { LookbackError, throwIfCancelled } from "../errors.ts";
import type { LoadedModel } from "../loading/model-files.ts";
import type { HookedTransformer } from "../model/model.ts";
import { bosToken } from "./bos.ts";
import type { CommandContext } from "./context.ts";
import type { DevelopmentSource } from "./development-source.ts";
import type { HeldOutText } from "./development-text.ts";
import { keptLook } from "./look-line.ts";
import { type OutFolder, systemReason, WriteError } from "./out-file.ts";

const FILE = "looks.jsonl";

/** Looks by all that they depend on. */
export class KeptLooks {
  readonly #out: OutFolder | undefined;
  readonly #known: Map<string, Look>;
  #isOpen = false;
  /** Looks that this command measured or found. */
  kept = 0;

  /** @param isFresh whether those that are there already are forgotten. */
  constructor(out: OutFolder | undefined, isFresh: boolean) {
    this.#out = out;
    this.#known = new Map(out === undefined || isFresh ? [] : readLooks(join(out.path, FILE)));
  }

  get path(): string | undefined {
    return this.#out && join(this.#out.path, FILE);
  }

  of(key: string): Look | undefined {
    const look = this.#known.get(key);
    if (look !== undefined) this.kept++;
    return look;
  }

  async add(key: string, look: Look): Promise<void> {
    const path = this.path;
    if (this.#out === undefined || path === undefined) return;
    if (!this.#isOpen) {
      const before = Array.from(this.#known, ([of, known]) => lineOf(of, known)).join("");
      await this.#out.write(new Map([[FILE, before]]));
      this.#isOpen = true;
    }
    try {
      const file = openSync(path, "a");
      try {
        writeSync(file, lineOf(key, look));
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    } catch (error) {
      throw new WriteError(`could not write ${path}: ${systemReason(error)}`, { cause: error });
    }
    this.kept++;
  }
}

function lineOf(of: string, look: Look): string {
  return `${JSON.stringify({ of, look })}\n`;
}

/** What is there; lines that are not whole are measured again. */
function readLooks(path: string): [string, Look][] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return [];
  }
  return text.split("\n").flatMap((line): [string, Look][] => {
    try {
      const { of, look } = JSON.parse(line);
      const known = keptLook(look);
      return typeof of === "string" && known !== undefined ? [[of, known]] : [];
    } catch {
      return [];
    }
  });
}

/** How to measure, the same for all checkpoints. */
export interface MeasureOptions extends Omit<LookSpec, "heldOut" | "signal"> {
  readonly device: DeviceKind;
  readonly version: string;
}

/** What is measured with, and how far the whole command is. */
export interface MeasureWork {
  readonly create: (source: LoadedModel, device: DeviceKind) => Promise<HookedTransformer>;
  readonly lookAt: (model: HookedTransformer, spec: LookSpec) => Promise<Look>;
  readonly looks: KeptLooks;
  readonly context: CommandContext;
  readonly done: number;
  readonly total: number;
}

/** Milliseconds that a folder takes to go, file by file, and between two looks whether it has. */
const GOING = { most: 500, step: 50 };

/** Whether a checkpoint is gone, or goes within a moment. */
async function isGone(path: string): Promise<boolean> {
  for (let waited = 0; existsSync(path); waited += GOING.step) {
    if (waited >= GOING.most) return false;
    await pause(GOING.step);
  }
  return true;
}

/**
 * Looks at all checkpoints of a source. Those that a run in training thins out meanwhile are passed over,
 * with a warning.
 *
 * @throws LookbackError `cancelled`, saying what was kept, and what reading a model throws.
 */
export async function measuredLooks(
  { path, name, checkpoints }: DevelopmentSource,
  text: HeldOutText | null,
  { device, version, ...asked }: MeasureOptions,
  { create, lookAt, looks, context, done, total }: MeasureWork,
): Promise<PlacedLook[]> {
  const { signal, progress, warn } = context;
  const found: PlacedLook[] = [];
  let bos: number | undefined;
  try {
    for (const [i, { name: checkpoint, step, tokens, read }] of checkpoints.entries()) {
      throwIfCancelled(signal);
      progress.show({ done: done + i, total, label: `${name}: ${checkpoint}` });
      let source: LoadedModel;
      try {
        source = await read();
      } catch (error) {
        const place = join(path, checkpoint);
        if (!(await isGone(place))) throw error;
        warn(`${place} has gone since, as a run in training thins its checkpoints: passed over`);
        continue;
      }
      bos ??= bosToken(source, asked.bos, context); // all are of one kind, and one warning is enough
      const key = JSON.stringify({
        version,
        hash: source.hash,
        text: text?.hash ?? null,
        device,
        ...asked,
        bos,
      });
      let look = looks.of(key);
      if (look === undefined) {
        using model = await create(source, device);
        look = await lookAt(model, {
          ...asked,
          bos,
          heldOut: text?.contexts ?? null,
          signal,
        });
        await looks.add(key, look);
      }
      found.push({ step, tokens, ...look });
    }
  } catch (error) {
    const isCancelled = error instanceof LookbackError && error.code === "cancelled";
    if (!isCancelled || looks.path === undefined || looks.kept === 0) throw error;
    throw new LookbackError(
      "cancelled",
      `cancelled; ${looks.kept} of ${total} looks are in ${looks.path}, and the same command goes on from there`,
      { kept: looks.path },
    );
  }
  return found;
}
