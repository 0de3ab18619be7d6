/** @file Saving figures as files. */

import { captionOf } from "./caption.ts";
import { type Figure, figureCsv, figureJson, promptsBehind } from "./figure.ts";
import { figureSvg } from "./figure-svg.ts";

export type FigureFormat = "svg" | "png" | "csv" | "json";

export const FIGURE_FORMATS: readonly FigureFormat[] = ["svg", "png", "csv", "json"];

/** Pixels of a PNG for each of the SVG. */
const PNG_SCALE = 2;

const TYPES: Readonly<Record<Exclude<FigureFormat, "png">, string>> = {
  svg: "image/svg+xml",
  csv: "text/csv",
  json: "application/json",
};

/** Saves a figure; `spec` goes along into its JSON, and in words under its picture. */
export async function saveFigure(
  figure: Figure,
  format: FigureFormat,
  spec: unknown,
): Promise<void> {
  const name = `${figure.title.replaceAll(/[^\p{L}\p{N}]+/gu, "-").replaceAll(/^-|-$/g, "")}.${format}`;
  saveBlob(name, await blobOf(figure, format, spec));
}

/** Saves text as a file. */
export function saveText(name: string, content: string, type = "application/json"): void {
  saveBlob(name, new Blob([content], { type }));
}

async function blobOf(figure: Figure, format: FigureFormat, spec: unknown): Promise<Blob> {
  switch (format) {
    case "svg":
      return new Blob([svgOf(figure, spec)], { type: TYPES.svg });
    case "csv":
      return new Blob([figureCsv(figure)], { type: TYPES.csv });
    case "json":
      return new Blob([figureJson(figure, spec)], { type: TYPES.json });
    case "png":
      return png(svgOf(figure, spec));
  }
}

function svgOf(figure: Figure, spec: unknown): string {
  const xTitle = figure.kind === "lines" ? figure.xTitle : undefined;
  return figureSvg(figure, captionOf(spec, { n: promptsBehind(figure), xTitle }));
}

async function png(svg: string): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([svg], { type: TYPES.svg }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.width * PNG_SCALE;
    canvas.height = image.height * PNG_SCALE;
    const context = canvas.getContext("2d");
    context?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) => {
      canvas.toBlob(
        (blob) => (blob ? resolve(blob) : reject(new Error("no picture"))),
        "image/png",
      );
    });
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Saves what there is as a file. */
export function saveBlob(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
