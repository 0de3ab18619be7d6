/**
 * @file The interventions of a session as hooks. All of them take their numbers from runs without
 * interventions, as `patchScores` and `ablateRewired` do: what one head is replaced by does not depend on
 * what else is replaced, and where two replace the same numbers, the later one has them.
 */

import type { NdArray } from "../engine/ndarray.ts";
import { select, type Tensor, tensor } from "../engine/tensor.ts";
import { LookbackError } from "../errors.ts";
import { componentHook, headAxis, positionAxis } from "../interventions/components.ts";
import { headLabel } from "../model/heads.ts";
import type { HookName } from "../model/hooks.ts";
import type { HookEntry } from "../model/run-options.ts";
import { componentOf } from "./intervention-place.ts";
import type { Session, SessionWork } from "./session.ts";
import type { Intervention, SessionComponent, SessionSpec } from "./spec.ts";

/** Which run an intervention takes from; null for zeros. */
function sourceOf(
  intervention: Intervention,
  runs: SessionSpec["runs"],
): SessionSpec["runs"] | null {
  if (intervention.kind === "patch") return runs === "clean" ? "corrupted" : "clean";
  return intervention.by === "zero" ? null : runs;
}

/** An intervention with the numbers that it puts in. */
interface Replacement {
  readonly intervention: Intervention;
  /** `[N, …]`, of which a row is taken, or with extent 1 for all rows alike; null for zeros. */
  readonly source: NdArray | null;
}

/** An intervention by its place in the list, from 1, for errors: `intervention 3 (resample ablation of L0H4)`. */
function nameOf(index: number, intervention: Intervention): string {
  const head = headLabel(intervention.head);
  const what =
    intervention.kind === "patch"
      ? `patch of ${intervention.component}, ${head}`
      : `${intervention.by} ablation of ${head}`;
  return `intervention ${index + 1} (${what})`;
}

/**
 * Checks interventions against the model and the prompts.
 *
 * @throws LookbackError `unknown-head`; `bad-spec` for a position outside the prompts, a patch with no
 *   other prompt to take from, or a mean or resampling over a single prompt.
 */
export function checkInterventions(session: Session, spec: SessionSpec): void {
  const { config } = session.model;
  const { clean, corrupted } = session.prompts(spec.prompt);
  for (const [index, intervention] of spec.interventions.entries()) {
    const name = nameOf(index, intervention);
    const { head, position } = intervention;
    const isIndex = (value: number, extent: number) =>
      Number.isInteger(value) && value >= 0 && value < extent;
    if (!isIndex(head.layer, config.n_layers) || !isIndex(head.head, config.n_heads)) {
      throw new LookbackError(
        "unknown-head",
        `${name}: this model has heads L0H0 to ${headLabel({ layer: config.n_layers - 1, head: config.n_heads - 1 })}`,
        { field: `interventions.${index}.head`, value: head },
      );
    }
    if (position !== null && !isIndex(position, clean.length)) {
      throw new LookbackError(
        "bad-spec",
        `${name}: position ${position} is outside prompts of ${clean.length} tokens (0 to ${clean.length - 1})`,
        { field: `interventions.${index}.position`, value: position },
      );
    }
    if (intervention.kind === "patch" && corrupted === null) {
      throw new LookbackError(
        "bad-spec",
        `${name}: there is no other prompt to take from; give a corrupted one, or use repeated sequences, which have one`,
        { field: `interventions.${index}`, value: intervention },
      );
    }
    if (intervention.kind === "ablate" && intervention.by !== "zero" && clean.batch < 2) {
      const why =
        intervention.by === "mean"
          ? "the mean over one prompt is the prompt itself, so nothing would change"
          : "there is no other prompt to take an output from";
      throw new LookbackError(
        "bad-spec",
        `${name} needs a batch of at least 2 prompts: ${why}; use a larger batch, or zero`,
        { field: `interventions.${index}.by`, value: intervention.by },
      );
    }
  }
}

/**
 * The hooks that do what a spec says to its run. The hooks expect rows of that prompt's batch from
 * `firstRow` on, at all positions or at the first so many.
 *
 * @throws LookbackError as {@link checkInterventions}.
 */
export async function interventionHooks(
  session: Session,
  spec: SessionSpec,
  { firstRow = 0, signal }: Pick<SessionWork, "signal"> & { readonly firstRow?: number } = {},
): Promise<HookEntry[]> {
  checkInterventions(session, spec);
  const { prompt, runs, mode, interventions } = spec;
  const wanted = { clean: new Set<HookName>(), corrupted: new Set<HookName>() };
  const hookOf = (intervention: Intervention) =>
    componentHook(componentOf(intervention), intervention.head.layer);
  for (const intervention of interventions) {
    const source = sourceOf(intervention, runs);
    if (source !== null) wanted[source].add(hookOf(intervention));
  }
  const taken = {
    clean: await session.activations(prompt, "clean", mode, wanted.clean, signal),
    corrupted: await session.activations(prompt, "corrupted", mode, wanted.corrupted, signal),
  };
  const replacements = new Map<HookName, Replacement[]>();
  for (const intervention of interventions) {
    const hook = hookOf(intervention);
    const from = sourceOf(intervention, runs);
    const activation = from === null ? null : (taken[from].get(hook) as NdArray);
    const source =
      activation !== null && intervention.kind === "ablate" && intervention.by === "mean"
        ? meanOfRows(activation)
        : activation;
    replacements.set(hook, [...(replacements.get(hook) ?? []), { intervention, source }]);
  }
  return [...replacements].map(([name, list]): HookEntry => {
    const component = componentOf((list[0] as Replacement).intervention);
    return [name, (value, { rows }) => replaced(value, component, list, firstRow + rows[0])];
  });
}

/** The mean over rows, `[N, …]` -> `[1, …]`, summed in float64. */
function meanOfRows({ shape, data }: NdArray): NdArray {
  const [rows = 1, ...rest] = shape;
  const size = data.length / rows;
  const mean = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (let at = i; at < data.length; at += size) sum += data[at] as number;
    mean[i] = sum / rows;
  }
  return { shape: [1, ...rest], data: mean };
}

/** An activation `[B, …]` of rows from one on, with its replacements in. */
function replaced(
  value: Tensor,
  component: SessionComponent,
  replacements: readonly Replacement[],
  firstRow: number,
): Tensor {
  const { shape } = value;
  const [rows = 0] = shape;
  const positions = shape[positionAxis(component)] ?? 0;
  const heads = shape[headAxis(component)] ?? 0;
  const width = shape[3] ?? 0; // of a head at a position: d_head numbers, or a key each
  const headsOutside = component === "pattern"; // [B, H, Q, K], where the others are [B, P, H, D]
  const cell = (head: number, position: number, extent: number) =>
    headsOutside ? head * extent + position : position * heads + head;
  const mask = new Float32Array(positions * heads);
  const data = new Float32Array(rows * positions * heads * width);
  for (const { intervention, source } of replacements) {
    const { head, position } = intervention;
    const [all = 1] = source?.shape ?? [];
    const extent = source?.shape[positionAxis(component)] ?? 0;
    const sourceWidth = source?.shape[3] ?? 0;
    const shift = intervention.kind === "ablate" && intervention.by === "resample" ? 1 : 0;
    const from = position ?? 0;
    // A run may end before the position that is asked for.
    const end = Math.min(position === null ? positions : position + 1, positions);
    for (let p = from; p < end; p++) {
      const into = cell(head.head, p, positions);
      mask[into] = 1;
      for (let row = 0; row < rows; row++) {
        const start = (row * positions * heads + into) * width;
        if (source === null) {
          data.fill(0, start, start + width);
          continue;
        }
        const other = (firstRow + row + shift) % all;
        const at = (other * extent * heads + cell(head.head, p, extent)) * sourceWidth;
        data.set(source.data.subarray(at, at + width), start);
      }
    }
  }
  const maskShape = headsOutside ? [1, heads, positions, 1] : [1, positions, heads, 1];
  return select(tensor({ shape: maskShape, data: mask }), tensor({ shape, data }), value);
}
