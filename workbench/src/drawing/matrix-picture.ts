/** @file A matrix as a picture of one pixel a cell, which the page scales up without smoothing. */

import { type ColourScale, colourBytes, type Theme } from "./colour.ts";

/** A matrix to paint. */
export interface Painted {
  readonly rows: number;
  readonly columns: number;
  /** Row by row. */
  readonly values: ArrayLike<number>;
  readonly scale: ColourScale;
  /** Leaves out what lies above the diagonal. */
  readonly causal: boolean;
}

/** Paints a matrix onto a canvas, which takes its size. */
export function paintMatrix(canvas: HTMLCanvasElement, matrix: Painted, theme: Theme): void {
  const { rows, columns, values, scale, causal } = matrix;
  if (rows < 1 || columns < 1) return;
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext("2d");
  if (context === null) return;
  const picture = context.createImageData(columns, rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (causal && column > row) continue;
      const cell = row * columns + column;
      const [r, g, b] = colourBytes(values[cell] ?? 0, scale, theme);
      picture.data.set([r, g, b, 255], cell * 4);
    }
  }
  context.putImageData(picture, 0, 0);
}
