/** @file The page of a verdict: one HTML file that needs nothing but itself, and carries its own data. */

import type { VerdictResult } from "../../hypothesis/verdict.ts";
import { jsonInSixDigits } from "../../six-digits.ts";
import type { Provenance } from "../appendix.ts";
import { whole } from "../format.ts";
import { downloads } from "../page/figure.ts";
import { type Child, html } from "../page/markup.ts";
import { chapter, contents, renderPage, slugOf } from "../page/page.ts";
import type { Section } from "../page/section.ts";
import { tokens } from "../page/tokens.ts";
import { verdictAbstract } from "./abstract.ts";
import { verdictCsvFiles } from "./csv.ts";
import { verdictSections } from "./sections.ts";
import { VERDICT_STYLE } from "./style.ts";

function question({ model, bos }: VerdictResult): Section {
  const { config } = model;
  const facts: [string, Child][] = [
    ["Model", model.name],
    ["Parameters", whole(model.parameters)],
    ["Layers and heads", `${config.n_layers} layers of ${config.n_heads} heads`],
    ["Weight processing", model.processing],
    ["BOS token", String(bos)],
    ["SHA-256 of the weights", html`<code class="hash">${model.hash}</code>`],
  ];
  return {
    id: "question",
    title: "The question",
    body: html`
<p>A prompt of random tokens repeats a sequence: ${tokens("A X1 X2 B C X1 X2 D A X1 X2", { asks: true })} B is right, for it ended the sequence that began with A; D ended the one that began with C. The X’s in between are the same, so only A, several tokens back, tells the two apart. This is length 4. An induction head that matches one token cannot do it; the post proposes how two-layer models do it at lengths 2 to 5 all the same: a previous-token head and a look-back head, which averages over the tokens before, tell the induction head’s query and key what stood there.</p>
<p>That account was drawn from where heads look and from patching whole heads. Here each of its claims is put so that it can fail, and tested by changing the model or its prompts. The prompts are changed in two ways. Where what asks is changed, the A that opens the last copy becomes C; where what is found is changed, the A and C that open the earlier copies trade places.</p>
<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`,
  };
}

function appendix({ spec }: VerdictResult, { command, version }: Provenance): Section {
  return {
    id: "appendix",
    title: "Appendix",
    body: html`
<h3 id="repeat">To repeat this verdict</h3>
<pre class="command" tabindex="0" aria-label="Command"><code>${command}</code></pre>
<p>Lookback ${version}. The same model, spec and seeds on the same kind of device give the same bytes. The whole verdict:</p>
${downloads("the whole verdict", [{ kind: "verdict", format: "JSON" }])}
<details><summary>Spec: every number that decides the result, seeds included</summary><pre tabindex="0" aria-label="Spec"><code>${jsonInSixDigits(spec, 2)}</code></pre></details>
<h3 id="sources">Sources</h3>
<ul>
<li>Eoin Farrell, <cite>Induction head circuits for longer sequences</cite>. <a href="https://efarrell1.github.io/posts/generalised_induction">efarrell1.github.io/posts/generalised_induction</a>. The claims, and the prompts that they are about.</li>
<li>Nelson Elhage et al., <cite>A mathematical framework for transformer circuits</cite>, Transformer Circuits Thread, 2021. <a href="https://transformer-circuits.pub/2021/framework/index.html">transformer-circuits.pub</a>. Composition scores.</li>
<li>Catherine Olsson et al., <cite>In-context learning and induction heads</cite>, Transformer Circuits Thread, 2022. <a href="https://transformer-circuits.pub/2022/in-context-learning-and-induction-heads/index.html">transformer-circuits.pub</a>. Prefix matching and copying.</li>
</ul>`,
  };
}

/**
 * A verdict as one self-contained HTML page. The same result gives the same bytes.
 *
 * @param provenance The command that repeats it and the version of Lookback.
 */
export function renderVerdict(result: VerdictResult, provenance: Provenance): Promise<string> {
  const { name } = result.model;
  const chapters = [question(result), ...verdictSections(result), appendix(result, provenance)];
  return renderPage({
    title: `The verdict on longer sequences: ${name}`,
    version: provenance.version,
    style: VERDICT_STYLE,
    skip: { to: "question", text: "Skip to the verdict" },
    kicker: `A verdict with Lookback ${provenance.version}`,
    heading: `Does ${name} complete longer sequences the way the post says?`,
    byline: "Causal tests of Induction head circuits for longer sequences by Eoin Farrell",
    abstract: verdictAbstract(result),
    body: html`${contents(chapters)}
${chapters.map(chapter)}`,
    data: {
      slug: slugOf(name, "verdict"),
      csv: Object.fromEntries(verdictCsvFiles(result)),
      verdict: result,
    },
  });
}
