/** @file The positional embeddings themselves (companion post): norms, dot products, components. */

import * as Plot from "@observablehq/plot";
import {
  arePositionsCentred,
  type PositionalEmbeddingsResult,
} from "../../experiments/positional-embeddings.ts";
import { published } from "../../experiments/published.ts";
import { chart } from "../drawing/chart.ts";
import { COLOURS, type ColourScale } from "../drawing/colour.ts";
import { heatmap } from "../drawing/heatmap.ts";
import { lineKey, publishedKey, scaleKey, seriesKey } from "../drawing/legend.ts";
import { type Point, publishedPoint } from "../drawing/marks.ts";
import { seriesChart } from "../drawing/series-chart.ts";
import { percent, plain } from "../format.ts";
import { matrix } from "../nested.ts";
import { figure } from "../page/figure.ts";
import { html, type Markup, sentences } from "../page/markup.ts";
import { publishedNote, type SectionOf, verdict } from "../page/section.ts";
import { dataTable } from "../page/tables.ts";

/** Diamonds would hide each other if all were drawn. */
const EVERY_PUBLISHED = 5;

function thinned<T>(values: readonly T[], every: number): { value: T; position: number }[] {
  return values
    .map((value, position) => ({ value, position }))
    .filter(({ position }) => position % every === 0);
}

/** Mean dot product of positions so far apart. */
function byDistance(dots: readonly (readonly number[])[]): number[] {
  return dots.map((_, distance) => {
    const pairs = dots.slice(distance).map((row, q) => row[q] ?? 0);
    return pairs.reduce((sum, dot) => sum + dot, 0) / pairs.length;
  });
}

function normsPanel({ norms }: PositionalEmbeddingsResult): Markup {
  const name = (position: number) => `position ${position}`;
  return seriesChart({
    title: "Norm by position",
    description: `Position 0: ${plain(norms[0] ?? 0)}; position ${norms.length - 1}: ${plain(norms.at(-1) ?? 0)}`,
    x: { label: "position" },
    y: { label: "norm" },
    series: [
      {
        colour: COLOURS.right,
        points: norms.map((y, x): Point => ({ x, y, tip: `${name(x)}: ${plain(y)}` })),
        published: thinned(
          published.position_embedding_post.magnitudes.slice(0, norms.length),
          EVERY_PUBLISHED,
        ).map(({ value, position }) => publishedPoint(position, value, name(position), plain)),
      },
    ],
  });
}

function distancePanel(dots: readonly (readonly number[])[]): Markup {
  const name = (distance: number) => `distance ${distance}`;
  const post = byDistance(published.position_embedding_post.dot_products_64).slice(0, dots.length);
  const measured = byDistance(dots);
  return seriesChart({
    title: "Mean dot product by distance",
    description: `Distance 1: ${plain(measured[1] ?? 0)}; distance ${measured.length - 1}: ${plain(measured.at(-1) ?? 0)}`,
    x: { label: "distance of two positions" },
    y: { label: "dot product" },
    series: [
      {
        colour: COLOURS.right,
        points: measured.map((y, x): Point => ({ x, y, tip: `${name(x)}: ${plain(y)}` })),
        published: thinned(post, EVERY_PUBLISHED).map(({ value, position }) =>
          publishedPoint(position, value, name(position), plain),
        ),
      },
    ],
  });
}

/** Positions in the plane of the first two components, joined in their order. */
function componentsPanel(
  title: string,
  pc1: readonly number[],
  pc2: readonly number[],
  isPublished: boolean,
): Markup {
  const all = pc1.map((x, position) => ({ x, y: pc2[position] ?? 0, position }));
  const every = Math.ceil(all.length / 128);
  const drawn = all.filter(({ position }) => position % every === 0);
  const ends = [all[0], all.at(-1)].filter((end) => end !== undefined);
  const mark = isPublished
    ? {
        symbol: "diamond" as const,
        stroke: COLOURS.published,
        fill: "var(--paper)",
        fillOpacity: 0.6,
        r: 3.4,
      }
    : { fill: COLOURS.right, r: 3 };
  return chart({
    title,
    description: `${all.length} positions${every > 1 ? `, every ${every} drawn` : ""}, joined in order.`,
    height: 340,
    yLabel: "second component",
    x: { nice: true },
    y: { nice: true },
    marks: [
      Plot.gridY({ ticks: 5 }),
      Plot.gridX({ ticks: 5 }),
      Plot.axisX({ ticks: 5, label: "first component", labelArrow: "none", labelAnchor: "center" }),
      Plot.axisY({ ticks: 5, label: null }),
      Plot.line(drawn, { x: "x", y: "y", stroke: COLOURS.other, strokeOpacity: 0.6 }),
      Plot.dot(drawn, {
        x: "x",
        y: "y",
        ...mark,
        title: ({ x, y, position }: (typeof drawn)[number]) =>
          `position ${position}: ${plain(x)}, ${plain(y)}${isPublished ? " (published, attn-only-2l)" : ""}`,
      }),
      Plot.text(ends, {
        x: "x",
        y: "y",
        text: ({ position }: (typeof drawn)[number]) => String(position),
        dy: -11,
        fontWeight: 600,
        stroke: "var(--paper)",
        fill: "currentColor",
      }),
    ],
  });
}

/** The section of the positional embeddings. */
export const positionalEmbeddingsSection: SectionOf = (result) => {
  const { positionalEmbeddings: positions } = result.experiments;
  if (positions === undefined) return null;
  const { norms, pca, comparisons } = positions;
  const { config } = result.model;
  const dots = matrix(positions.dotProducts);
  const largest = Math.max(...dots.flat().map(Math.abs));
  const scale: ColourScale = { kind: "diverging", max: Number(largest.toPrecision(2)) };
  const centred = arePositionsCentred(config)
    ? "each less its mean, which LayerNorm does not see"
    : "as they are";
  const post = published.position_embedding_post;
  const near = byDistance(dots);
  const excerpt = Array.from({ length: Math.ceil(dots.length / 8) }, (_, i) => i * 8);
  return {
    id: "positional-embeddings",
    title: "Positional embeddings",
    body: html`
<p>Heads that look a fixed number of tokens back must read it from the positional embeddings, the rows of W_pos (here ${centred}). If neighbours have similar embeddings that turn steadily with position, “two back” can be one direction for all of them.</p>
<p>${sentences(
      html`Norms go from ${plain(norms[0] ?? 0)} at position 0 to ${plain(norms.at(-1) ?? 0)} at position ${norms.length - 1}.`,
      near.length > 1 &&
        html`The mean dot product of neighbours is ${plain(near[1] ?? 0)}, that of positions ${near.length - 1} apart ${plain(near.at(-1) ?? 0)}.`,
      html`The first two principal components hold ${percent(pca.explained[0])} and ${percent(pca.explained[1])} of the variance over all ${pca.pc1.length} positions.`,
      "These are weights, not means over prompts, so nothing here has an interval.",
    )}</p>
${verdict(result, comparisons)}
${figure({
  id: "figure-k",
  label: "Figure K",
  title: "Norms, and dot products by distance",
  caption: `Norms of the first ${norms.length} rows of W_pos, and mean dot products among the first ${dots.length}. ${publishedNote(result)} Every fifth of them is drawn.`,
  panels: [normsPanel(positions), distancePanel(dots)],
  layout: "chart",
  keys: [seriesKey("measured", COLOURS.right, { interval: false }), publishedKey()],
  table: dataTable({
    caption: "Norms of the rows of W_pos, every fifth; all are in the CSV",
    columns: ["Position", "Norm", "Published, attn-only-2l"],
    rows: thinned(norms, EVERY_PUBLISHED).map(({ value, position }) => [
      position,
      plain(value),
      plain(post.magnitudes[position] ?? 0),
    ]),
  }),
  csv: "position-norms",
  json: "positionalEmbeddings",
})}
${figure({
  id: "figure-l",
  label: "Figure L",
  title: "Dot products of positional embeddings",
  caption: `Of the first ${dots.length} rows of W_pos with each other; the diagonal holds squared norms.`,
  panels: [
    heatmap({
      title: "Dot products",
      description: "Values in the table below.",
      rows: dots.map((_, p) => String(p)),
      columns: dots.map((_, p) => String(p)),
      values: dots,
      scale,
      labelEvery: 8,
      cell: { width: 6, height: 6 },
      axes: { rows: "position", columns: "position" },
      tip: (r, c, value) => `positions ${r} and ${c}: ${plain(value)}`,
    }),
  ],
  layout: "single",
  keys: [scaleKey(scale, "dot product", plain)],
  table: dataTable({
    caption: "Dot products of every eighth position; all are in the CSV",
    columns: ["Position", ...excerpt],
    rows: excerpt.map((p) => [p, ...excerpt.map((q) => plain(dots[p]?.[q] ?? 0))]),
  }),
  csv: "position-dot-products",
  json: "positionalEmbeddings",
})}
${figure({
  id: "figure-m",
  label: "Figure M",
  title: "Positional embeddings in the plane of their first two components",
  caption: `Positions are joined in their order; the first and the last are numbered. The sign of a component means nothing. The published embeddings are of attn-only-2l, with a plane of their own${result.model.isPublished ? "" : ", and for comparison only"}.`,
  panels: [
    componentsPanel(result.model.name, pca.pc1, pca.pc2, false),
    componentsPanel("attn-only-2l, published", post.pca.pc1, post.pca.pc2, true),
  ],
  layout: "chart",
  keys: [
    seriesKey("measured", COLOURS.right, { interval: false }),
    publishedKey(),
    lineKey("order of positions", COLOURS.other),
  ],
  table: dataTable({
    caption: "Coordinates of every eighth position; all are in the CSV",
    columns: ["Position", "First component", "Second component"],
    rows: thinned(pca.pc1, 8).map(({ value, position }) => [
      position,
      plain(value),
      plain(pca.pc2[position] ?? 0),
    ]),
  }),
  csv: "position-components",
  json: "positionalEmbeddings",
})}`,
  };
};
