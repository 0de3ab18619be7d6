/** @file The places in a component that are exchanged one at a time, and masks that pick them out. */

import { type Tensor, tensor } from "../engine/tensor.ts";
import {
  type Component,
  type Granularity,
  hasHeads,
  headAxis,
  isReadLocally,
  positionAxis,
} from "./components.ts";

/** One part of a layer. Undefined means all of them. */
export interface Place {
  readonly head: number | undefined;
  readonly position: number | undefined;
}

/** The places of one layer, in TransformerLens' order: positions outside, heads inside. */
export function placesOf(by: Granularity, heads: number, length: number): Place[] {
  const headList = Array.from({ length: heads }, (_, head) => head);
  const positions = Array.from({ length }, (_, position) => position);
  if (by === "head") return headList.map((head) => ({ head, position: undefined }));
  if (by === "position") return positions.map((position) => ({ head: undefined, position }));
  return positions.flatMap((position) => headList.map((head) => ({ head, position })));
}

/** The shape of one number per place: head [L, H], head-position [L, P, H], position [L, P]. */
export type PlaceShape<By extends Granularity = Granularity> = By extends "head-position"
  ? readonly [layers: number, positions: number, heads: number]
  : readonly [layers: number, headsOrPositions: number];

/** The shape of one number per place. */
export function placeShape<By extends Granularity>(
  by: By,
  layers: number,
  heads: number,
  length: number,
): PlaceShape<By> {
  const shape: PlaceShape =
    by === "head"
      ? [layers, heads]
      : by === "position"
        ? [layers, length]
        : [layers, length, heads];
  return shape as PlaceShape<By>;
}

/** What decides whether a place can reach the answer. */
export interface Reach {
  readonly component: Component;
  /** The position that is read. */
  readonly read: number;
  /** The first position at which the numbers that come in can differ from those that go. */
  readonly firstDifference: number;
  readonly isLastLayer: boolean;
}

/** Whether exchanging a place can change what is read: attention looks back, never ahead. */
export function canReach(place: Place, reach: Reach): boolean {
  const { position } = place;
  if (position === undefined) return true;
  if (position > reach.read || position < reach.firstDifference) return false;
  return !reach.isLastLayer || position === reach.read || !isReadLocally(reach.component);
}

/**
 * One where a place lies in a component of `shape`, zero elsewhere: `[1, places, …]`, with extent 1
 * for the batch and for every axis that places do not tell apart.
 *
 * @param positions the positions that the component's axis of positions holds.
 */
export function placeMask(
  places: readonly Place[],
  component: Component,
  shape: readonly number[],
  positions: readonly number[],
): Tensor {
  const extents = shape.map(() => 1);
  extents[positionAxis(component)] = positions.length;
  const heads = hasHeads(component) ? (shape[headAxis(component)] ?? 1) : 1;
  if (hasHeads(component)) extents[headAxis(component)] = heads;
  const headsOutside = component === "pattern"; // [B, H, Q, K], where the others are [B, P, H, D]
  const size = positions.length * heads;
  const data = new Float32Array(places.length * size);
  for (const [v, place] of places.entries()) {
    for (const [p, position] of positions.entries()) {
      if (place.position !== undefined && place.position !== position) continue;
      for (let h = 0; h < heads; h++) {
        if (place.head !== undefined && place.head !== h) continue;
        const index = headsOutside ? h * positions.length + p : p * heads + h;
        data[v * size + index] = 1;
      }
    }
  }
  return tensor({ shape: [1, places.length, ...extents.slice(1)], data });
}
