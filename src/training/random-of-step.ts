/**
 * @file Random numbers that depend on nothing but a seed, a purpose and a count. Each step of training
 * has a generator of its own, so a run that goes on from a checkpoint has no generator to restore, and
 * draws what it would have drawn.
 */

import { MersenneTwister } from "../prompts/mersenne-twister.ts";

/** What numbers are drawn for; each purpose has its own. */
export type Purpose = "weights" | "epoch" | "copies" | "positions" | "watch";

/** FNV-1a over 32-bit words, then the finalizer of MurmurHash3: near seeds get unlike generators. */
function mixed(words: readonly number[]): number {
  let hash = 0x811c9dc5;
  for (const word of words) hash = Math.imul(hash ^ (word >>> 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The generator of a purpose in a step, an epoch, or whatever else `count` counts. */
export function generatorOf(seed: number, purpose: Purpose, count: number): MersenneTwister {
  const letters = [...purpose].map((letter) => letter.charCodeAt(0));
  return new MersenneTwister(mixed([seed, ...letters, count]));
}

/** A number from 0 to below 1. */
export function uniform(generator: MersenneTwister): number {
  return generator.uint32() / 2 ** 32;
}

/** An integer from `least` to `most`, both included. */
export function integerBetween(generator: MersenneTwister, least: number, most: number): number {
  return least + Math.floor(uniform(generator) * (most - least + 1));
}

/** Numbers of mean 0 and the standard deviation given, by the method of Box and Muller (1958). */
export function normals(
  generator: MersenneTwister,
  count: number,
  deviation: number,
): Float32Array<ArrayBuffer> {
  const numbers = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - uniform(generator)));
    const angle = 2 * Math.PI * uniform(generator);
    numbers[i] = radius * Math.cos(angle);
    if (i + 1 < count) numbers[i + 1] = radius * Math.sin(angle);
  }
  return numbers;
}

/** 0 to `count - 1` in random order (Fisher and Yates). */
export function shuffled(generator: MersenneTwister, count: number): Uint32Array<ArrayBuffer> {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = integerBetween(generator, 0, i);
    const moved = order[i] as number;
    order[i] = order[j] as number;
    order[j] = moved;
  }
  return order;
}
