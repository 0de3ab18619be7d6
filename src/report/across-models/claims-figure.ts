/** @file The claims one by one: what came out in each model, and the mean over models. */

import type { AcrossModels, ClaimAcross } from "../../hypothesis/across-models.ts";
import { bandKey } from "../drawing/legend.ts";
import { lineKeys, lookAmong } from "../drawing/line-looks.ts";
import { modelsChart } from "../drawing/models-chart.ts";
import type { DataFigure } from "../page/data-figure.ts";
import { html, type Markup } from "../page/markup.ts";
import { badge, drawnOutcome, formatOf, predictedKey, unitName } from "../verdict/claims.ts";
import { ASIDE } from "../verdict/looks.ts";
import { claimsTable } from "./csv.ts";

/** Where the verdict of each model is, in its order; null where there are no such pages. */
export type ModelPages = readonly string[] | null;

/** A picture for each unit, so that no axis holds two. */
function pictures({ id, measurement }: ClaimAcross, { models }: AcrossModels): Markup[] {
  const drawn = models.map(({ name }, i) => ({ name, look: lookAmong(i, models.length) }));
  const units = [...new Set(measurement.map(({ unit }) => unit))];
  return units.map((unit) =>
    modelsChart({
      title: id,
      unit: unitName(unit),
      models: drawn,
      rows: measurement
        .filter((one) => one.unit === unit)
        .map(({ quantity, models: lines, mean }) => ({
          name: quantity,
          lines: lines.map((line) => line && drawnOutcome(line)),
          mean,
        })),
      format: formatOf(unit),
    }),
  );
}

function outcomes(claim: ClaimAcross, { models }: AcrossModels, pages: ModelPages): Markup[] {
  return claim.verdicts.map((verdict, i) => {
    const told = badge(verdict, `${models[i]?.name}: ${verdict}`);
    const page = pages?.[i];
    return html`<li>${page === undefined ? told : html`<a href="${page}#claim-${claim.id}">${told}</a>`}</li>`;
  });
}

function item(claim: ClaimAcross, number: number, result: AcrossModels, pages: ModelPages): Markup {
  const { id, statement, test, prediction, reasons } = claim;
  const fact = (name: string, text: string) => html`<div><dt>${name}</dt><dd>${text}</dd></div>`;
  const drawn = pictures(claim, result);
  const because = reasons.flatMap((reason, i) =>
    reason === null ? [] : [fact(result.models[i]?.name ?? "", reason)],
  );
  return html`<li id="claim-${id}"${drawn.length === 0 && html` class="alone"`}><div>
<p class="statement"><span class="number">${number}</span>${statement}</p>
<ul class="outcomes">${outcomes(claim, result, pages)}</ul>
<dl>${fact("Test", test)}${fact("Predicted", prediction)}${because}</dl></div>
${drawn.length > 0 && html`<div>${drawn}</div>`}</li>`;
}

/** The figure. */
export function claimsFigure(result: AcrossModels, pages: ModelPages): DataFigure {
  const { models, claims } = result;
  const names = models.map(({ name }) => name);
  return {
    name: "claims",
    title: "Every claim in every model",
    caption: html`A line for each model, in the order of the keys: its mean over prompts and the interval of its own verdict, with its mean and what came out at the right: ✓ held, ✗ did not hold, ? cannot tell, ${ASIDE} set aside: a share of something that is not clearly above zero. Below them the mean over the models in which it is not set aside; its 95% interval (Student’s t, n models) says where the mean of such models lies, as far as these were drawn independently: seeds of one recipe were, models that share a seed or a text were not quite. An arrow says that the interval goes on.`,
    panels: [
      html`<ol class="claims">${claims.map((claim, i) => item(claim, i + 1, result, pages))}</ol>`,
    ],
    layout: "wide",
    keys: [...lineKeys(names, "a model"), bandKey("mean over models"), predictedKey()],
    table: claimsTable(result),
    json: claims,
  };
}
