/** @file What a reader needs to check or repeat the report: comparisons, spec, model, command, sources. */

import type { Comparison } from "../experiments/published.ts";
import type { ReproduceResult } from "../experiments/reproduce.ts";
import { jsonInSixDigits } from "../six-digits.ts";
import { plain, whole } from "./format.ts";
import { downloads } from "./page/figure.ts";
import { type Child, html, type Markup } from "./page/markup.ts";
import type { Section } from "./page/section.ts";
import { dataTable } from "./page/tables.ts";
import { EXPERIMENT_TITLES, type Verdict, verdicts } from "./verdicts.ts";

/** How a report came to be. */
export interface Provenance {
  /** The command that repeats it. */
  readonly command: string;
  /** Lookback's version. */
  readonly version: string;
}

/** A table of more rows than this shows those that failed and leaves the rest to the CSV. */
const MOST_ROWS = 300;

function passCell({ pass }: Comparison): Child {
  if (pass === null) return "not judged";
  return pass ? html`<span class="good">✓ pass</span>` : html`<span class="bad">✗ fail</span>`;
}

function comparisonTable({ experiment, comparisons, passed, judged }: Verdict): Markup {
  const title = EXPERIMENT_TITLES[experiment];
  const many = comparisons.length > MOST_ROWS;
  const shown = many
    ? comparisons.filter(({ pass }) => pass === false).slice(0, MOST_ROWS)
    : comparisons;
  const count =
    judged === 0
      ? `${whole(comparisons.length)} numbers, not judged`
      : `${whole(passed)} of ${whole(judged)} pass`;
  return html`<details><summary>${title}: ${count}</summary>
${many && html`<p>Of ${whole(comparisons.length)} numbers, ${shown.length === 0 ? "none fails" : "those that fail are listed"}; the CSV has all.</p>`}
${
  shown.length > 0 &&
  dataTable({
    caption: `${title}: measured and published, attn-only-2l`,
    columns: ["Quantity", "Measured", "Published", "Largest difference that passes", "Verdict"],
    rows: shown.map((comparison) => [
      comparison.quantity,
      plain(comparison.measured),
      plain(comparison.published),
      plain(comparison.tolerance),
      passCell(comparison),
    ]),
  })
}</details>`;
}

const json = (value: unknown) => jsonInSixDigits(value, 2);

function comparisonsPart(result: ReproduceResult): Markup {
  const all = verdicts(result);
  if (all.length === 0) {
    return html`<p>None of the experiments that were run has published numbers to compare with.</p>`;
  }
  return html`<p>${
    result.model.isPublished
      ? "Where the prompts are the published ones, a number passes if it agrees to a relative 10⁻³ or an absolute 10⁻⁴; where no seed is known, more loosely. Numbers on other prompts are not judged."
      : "All published numbers are of attn-only-2l. This is another model, so none is judged: they are here for comparison."
  }</p>
${all.map(comparisonTable)}
${downloads("all comparisons", [{ kind: "comparisons", format: "CSV" }])}`;
}

/** The appendix. */
export function appendix(result: ReproduceResult, { command, version }: Provenance): Section {
  const { model, spec, heads, bos } = result;
  return {
    id: "appendix",
    title: "Appendix",
    body: html`
<h3 id="comparisons">Published numbers</h3>
${comparisonsPart(result)}
<h3 id="repeat">To repeat this report</h3>
<pre class="command" tabindex="0" aria-label="Command"><code>${command}</code></pre>
<p>Lookback ${version}. The same model, spec and seeds on the same kind of device give the same bytes. The whole result:</p>
${downloads("the whole result", [{ kind: "result", format: "JSON" }])}
<details><summary>Spec: every number that decides the result, seeds included</summary><pre tabindex="0" aria-label="Spec"><code>${json(spec)}</code></pre></details>
<details><summary>Model: config, hash, processing, heads</summary><pre tabindex="0" aria-label="Model"><code>${json({ ...model, bos, heads })}</code></pre></details>
<h3 id="sources">Sources</h3>
<ul>
<li>Eoin Farrell, <cite>Induction head circuits for longer sequences</cite>. <a href="https://efarrell1.github.io/posts/generalised_induction">efarrell1.github.io/posts/generalised_induction</a>. The post and its companions, whose figures, notebooks and data the published values are from.</li>
<li>Neel Nanda and Joseph Bloom, <cite>TransformerLens</cite>, 2022. <a href="https://github.com/TransformerLensOrg/TransformerLens">github.com/TransformerLensOrg/TransformerLens</a>. Hook names, weight processing, patching and head detectors follow its definitions; attn-only-2l is one of its models.</li>
<li>Catherine Olsson et al., <cite>In-context learning and induction heads</cite>, Transformer Circuits Thread, 2022. <a href="https://transformer-circuits.pub/2022/in-context-learning-and-induction-heads/index.html">transformer-circuits.pub</a>. Induction heads.</li>
</ul>`,
  };
}
