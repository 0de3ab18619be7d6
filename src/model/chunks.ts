/**
 * @file How many rows go through the device at a time. The array library never gives memory back: it
 * keeps what was freed for later arrays of the same size, so every length of prompts leaves its share
 * behind, and chunks are small.
 */

import type { ModelConfig } from "./config.ts";

/** Numbers that the arrays of one chunk may hold together: 40 MB. */
const CHUNK_NUMBERS = 10 * 2 ** 20;

/** Tokens beyond which a larger chunk is no faster. */
const CHUNK_TOKENS = 2048;

/** Numbers per token in all arrays that a pass through the layers makes, about. */
function numbersPerToken(config: ModelConfig, length: number): number {
  const { n_layers, n_heads, d_model, d_head } = config;
  const perLayer = 4 * d_model + 4 * n_heads * d_head + 3 * n_heads * length;
  return 3 * d_model + n_layers * perLayer;
}

/** The most rows of prompts of some length that one chunk may hold; at least one. */
export function rowsPerChunk(config: ModelConfig, length: number): number {
  const tokens = Math.min(CHUNK_TOKENS, CHUNK_NUMBERS / numbersPerToken(config, length));
  return Math.max(1, Math.floor(tokens / length));
}

/**
 * Rows of each chunk where a batch is cut into as few as hold it, all of one size, so that each kernel
 * is compiled once. Together they may hold a few rows more than the batch: the last is filled up.
 */
export function equalChunks(batch: number, most: number, length: number): number {
  const rows = Math.ceil(batch / Math.ceil(batch / most));
  return rows < FEW_ROWS ? rows : goodRows(rows, length);
}

/** Filling up so few rows would cost more than it gains. */
const FEW_ROWS = 16;

/**
 * Rows, at least so many, of `length` tokens that a matmul likes. Where the rows of its left side leave
 * 2 on division by 4, the array library computes two of them at a time, which fits the processor's
 * registers; otherwise four, which does not and is a quarter slower, or one (`bench/formulations.ts`).
 */
function goodRows(least: number, length: number): number {
  const tokens = length % 4 === 0 ? 1 : length % 4; // of a row, on division by 4; as good as 1 if none
  let rows = least;
  while ((rows * tokens) % 4 !== 2) rows++;
  return rows;
}

/**
 * Positions to run of prompts of which the first `least` matter, and no more than `available`: one more
 * where {@link goodRows} could not be had. No position sees those behind it, so it changes nothing.
 */
export function goodLength(least: number, available: number): number {
  return least % 4 === 0 && least < available ? least + 1 : least;
}

/** Numbers in one block of logits: 48 MB. */
const BLOCK_NUMBERS = 12 * 2 ** 20;

/**
 * Rows of the residual stream that are unembedded at a time: two less than a power of two, which is
 * good for a matmul and spreads evenly over threads; no more than there are.
 */
export function rowsPerUnembedding(vocabulary: number, rows: number): number {
  const most = blockSize(Math.floor(Math.log2(BLOCK_NUMBERS / vocabulary)));
  const enough = blockSize(Math.ceil(Math.log2(rows + 2)));
  return Math.min(most, enough);
}

function blockSize(log2: number): number {
  return Math.max(1, 2 ** Math.max(0, log2) - 2);
}
