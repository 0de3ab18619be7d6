/** @file How far gradients can be trusted here. */

import { attributionScatter } from "../attribution-scatter.ts";
import { effect, plain, withInterval } from "../format.ts";
import { figure } from "../page/figure.ts";
import { html } from "../page/markup.ts";
import { dataTable } from "../page/tables.ts";
import { sample } from "../prose.ts";
import { hasGap, leftOut } from "./looks.ts";
import { paragraph, type VerdictSectionOf } from "./section.ts";

function numberOr(value: number | null): string {
  return value === null ? "–" : plain(value);
}

/** The section of attributions. */
export const attributionSection: VerdictSectionOf = (result) => {
  const { rows, spec } = result.parts.attribution;
  const clear = rows.filter((row) => hasGap(result, { side: "query", length: row.length }, row));
  const unclear = rows.filter((row) => !clear.includes(row)).map(({ length }) => length);
  const pictures = clear.map((row) => ({
    ...attributionScatter(row, `Length ${row.length}`),
    row,
  }));
  const [first] = pictures;
  return {
    id: "verdict-attribution",
    title: "How far to trust gradients",
    body: html`
<p>All effects above are exact: each change was run. Gradients give approximations of all of them at once: attribution patching from one gradient at the corrupted run, integrated gradients from several on the way to the clean one. Where the points leave the line, gradients mislead.</p>
${paragraph(leftOut(unclear, "the difference between clean and corrupted"))}
${
  first !== undefined &&
  figure({
    id: "figure-v16",
    label: "Figure V16",
    title: "Gradients against patching",
    caption: `Each head’s effect on the logit difference, 0 corrupted to 1 clean, with what asks changed: by patching z, and by gradients (${clear[0]?.steps} steps where integrated). Means with 95% intervals; ${sample(spec)} at each length. Heads are named where there is room.`,
    panels: pictures.map(({ chart }) => chart),
    layout: "chart",
    keys: first.keys,
    table: [
      dataTable({
        caption: "Agreement with the exact effects over all heads",
        columns: ["Length", "By", "Correlation", "Slope", "Mean error", "Largest error", "Of head"],
        rows: clear.flatMap(({ length, agreement }) =>
          (["attribution", "integrated"] as const).map((by) => [
            length,
            by === "attribution" ? "attribution patching" : "integrated gradients",
            numberOr(agreement[by].r),
            numberOr(agreement[by].slope),
            effect(agreement[by].meanError),
            effect(agreement[by].largest.error),
            agreement[by].largest.head,
          ]),
        ),
      }),
      ...clear.map(({ length, heads }) =>
        dataTable({
          caption: `Length ${length}: effects with 95% intervals`,
          columns: ["Head", "Exact", "Attribution patching", "Integrated gradients"],
          rows: heads.map(({ label, exact, attribution, integrated }) => [
            label,
            withInterval(exact, effect),
            withInterval(attribution, effect),
            withInterval(integrated, effect),
          ]),
        }),
      ),
    ],
    csv: "attributions",
    part: "attribution",
  })
}`,
  };
};
