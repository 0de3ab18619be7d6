/**
 * @file A matrix as a picture, which the page scales up without smoothing: one pixel a cell, or where cells
 * may be hatched as many as that takes.
 */

import { type ColourScale, colourBytes, hatchingBytes, type Theme } from "./colour.ts";
import { holdsZero, type Intervals } from "./figure.ts";

/** A matrix to paint. */
export interface Painted extends Intervals {
  readonly rows: number;
  readonly columns: number;
  /** Row by row. */
  readonly values: ArrayLike<number>;
  readonly scale: ColourScale;
  /** Leaves out what lies above the diagonal. */
  readonly causal: boolean;
}

/** Pixels of a cell each way, where cells may be hatched; stripes are so far apart. */
const HATCHED = 8;
/** Of these a stripe takes so many. */
const STRIPE = 3;

/** Paints a matrix onto a canvas, which takes its size. Cells whose interval holds zero are hatched. */
export function paintMatrix(canvas: HTMLCanvasElement, matrix: Painted, theme: Theme): void {
  const { rows, columns, values, low, scale, causal } = matrix;
  if (rows < 1 || columns < 1) return;
  const size = low === undefined ? 1 : HATCHED;
  canvas.width = columns * size;
  canvas.height = rows * size;
  const context = canvas.getContext("2d");
  if (context === null) return;
  const picture = context.createImageData(canvas.width, canvas.height);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (causal && column > row) continue;
      const cell = row * columns + column;
      const value = values[cell] ?? 0;
      const plain = colourBytes(value, scale, theme);
      const [stripe, ground] = holdsZero(matrix, cell)
        ? hatchingBytes(value, scale, theme)
        : [plain, plain];
      for (let i = 0; i < size * size; i++) {
        const [x, y] = [i % size, Math.floor(i / size)];
        const at = ((row * size + y) * canvas.width + column * size + x) * 4;
        picture.data.set((x + y) % size < STRIPE ? stripe : ground, at);
        picture.data[at + 3] = 255;
      }
    }
  }
  context.putImageData(picture, 0, 0);
}
