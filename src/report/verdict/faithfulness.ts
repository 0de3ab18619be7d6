/** @file What is enough: the circuit's heads put back one by one, all others ablated. */

import type { AblationRow } from "../../hypothesis/ablation-by-length.ts";
import type { VerdictResult } from "../../hypothesis/verdict.ts";
import { dashedKey, seriesKey } from "../drawing/legend.ts";
import { type Series, seriesChart } from "../drawing/series-chart.ts";
import { effect, interval } from "../format.ts";
import { figure } from "../page/figure.ts";
import { html, listed, type Markup } from "../page/markup.ts";
import { dataTable } from "../page/tables.ts";
import { sample, stated } from "../prose.ts";
import { cutNote, HALF, lookOfLength, missingRoles, sharePoint } from "./looks.ts";

/** The figure, and what the whole circuit recovers; nothing where there is no circuit to put back. */
export function faithfulness(result: VerdictResult, rows: readonly AblationRow[]): Markup | null {
  const steps = rows[0]?.kept ?? [];
  if (steps.length <= 2) return null;
  const { spec } = result.parts.ablation;
  const lengths = result.parts.ablation.rows.map(({ length }) => length);
  const series = rows.map(
    ({ length, kept: all }): Series => ({
      ...lookOfLength(lengths, length),
      points: all.map(({ added, recovered }, i) =>
        sharePoint(i, recovered, `length ${length}, up to ${added}`, effect),
      ),
    }),
  );
  const names = steps.map(({ added }, i) =>
    i === 0 || i === steps.length - 1 ? added : `+ ${added}`,
  );
  const whole = missingRoles(result).length === 0;
  const kept = rows.flatMap(({ length, circuit }) =>
    circuit ? [`${stated(circuit.recovered, effect)} at length ${length}`] : [],
  );
  return html`${whole && kept.length > 0 && html`<p>With the circuit’s ${steps.at(-2)?.heads} heads alone, of ${steps.at(-1)?.heads}, this much comes back: ${listed(kept)}.</p>`}
${figure({
  id: "figure-v13",
  label: "Figure V13",
  title: "What is enough: heads put back one by one",
  caption: `Logit difference, corrected, with the heads up to the one named and all others ablated, on a scale where 0 is every head ablated and 1 the model as it is. The order is that of roles: induction, previous-token, look-back, the strongest of each first. Means with 95% intervals; ${sample(spec)} at each length.${cutNote(series)}`,
  panels: [
    seriesChart({
      title: "Recovered with the heads up to this one",
      description: rows
        .map(
          ({ length, kept: all }) =>
            `length ${length}: ${all.map(({ added, recovered }) => `${added} ${effect(recovered.mean)}`).join(", ")}`,
        )
        .join("; "),
      height: 300,
      x: { label: "", ticks: steps.map((_, i) => i), names, rotate: -40 },
      y: { label: "share recovered" },
      threshold: HALF,
      dodge: 3,
      series,
    }),
  ],
  layout: "single",
  keys: [
    ...rows.map(({ length }) => {
      const { colour, symbol } = lookOfLength(lengths, length);
      return seriesKey(`length ${length}`, colour, { symbol });
    }),
    dashedKey("one half"),
  ],
  table: dataTable({
    caption: "Share recovered, with 95% intervals",
    columns: [
      "Up to",
      "Heads kept",
      ...rows.flatMap(({ length }) => [`Length ${length}`, "95% interval"]),
    ],
    rows: steps.map(({ added, heads }, i) => [
      added,
      heads,
      ...rows.flatMap((row) => {
        const found = row.kept[i]?.recovered;
        return found ? [effect(found.mean), interval(found, effect)] : ["–", ""];
      }),
    ]),
  }),
  csv: "faithfulness",
  part: "ablation",
})}`;
}
