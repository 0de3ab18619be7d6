/**
 * @file The report: one HTML file that needs nothing but itself. It reads like a paper, shows every
 * figure with the published values beside it, and carries its own data.
 */

import type { ReproduceResult } from "../experiments/reproduce.ts";
import type { VerdictResult } from "../hypothesis/verdict.ts";
import { abstract } from "./abstract.ts";
import { appendix, type Provenance } from "./appendix.ts";
import { background } from "./background.ts";
import { csvFiles } from "./csv/csv.ts";
import { bosBugSection } from "./figures/bos-bug.ts";
import { figure5Section } from "./figures/figure-5.ts";
import { figures1And2 } from "./figures/figures-1-2.ts";
import { figures3And4 } from "./figures/figures-3-4.ts";
import { inductionRandomSection } from "./figures/induction-random.ts";
import { modelAndHeads } from "./figures/model-and-heads.ts";
import { orderingSection } from "./figures/ordering.ts";
import { positionRowsSection } from "./figures/position-rows.ts";
import { positionalEmbeddingsSection } from "./figures/positional-embeddings.ts";
import { recencySection } from "./figures/recency.ts";
import { reversedOrderSection } from "./figures/reversed-order.ts";
import { tableSection } from "./figures/table.ts";
import { tokenOnlySection } from "./figures/token-only.ts";
import { html } from "./page/markup.ts";
import {
  type ChapterGroup,
  chapter,
  contents,
  groupedChapter,
  renderPage,
  slugOf,
} from "./page/page.ts";
import type { Section, SectionOf } from "./page/section.ts";
import { verdictAbstract } from "./verdict/abstract.ts";
import { verdictCsvFiles } from "./verdict/csv.ts";
import { verdictSections } from "./verdict/sections.ts";
import { VERDICT_STYLE } from "./verdict/style.ts";

const POST_SECTIONS: readonly SectionOf[] = [
  figures1And2,
  figures3And4,
  tableSection,
  figure5Section,
  orderingSection,
  reversedOrderSection,
];

const COMPANION_SECTIONS: readonly SectionOf[] = [
  positionRowsSection,
  bosBugSection,
  recencySection,
  inductionRandomSection,
  tokenOnlySection,
  positionalEmbeddingsSection,
];

function present(sections: readonly SectionOf[], result: ReproduceResult): Section[] {
  return sections.map((section) => section(result)).filter((section) => section !== null);
}

/** The companion posts as one chapter. */
function companions(sections: readonly Section[]): ChapterGroup {
  return {
    id: "companions",
    title: "From the companion posts",
    introduction: html`<p>Three companion posts, on the previous-token head, on recency and on positional embeddings, look at parts of the circuit by themselves.</p>`,
    sections,
  };
}

/** The tests of the hypothesis as one chapter. */
function causes(verdict: VerdictResult): ChapterGroup {
  return {
    id: "causes",
    title: "Causes, not correlations",
    introduction: html`<p>${verdictAbstract(verdict)}</p>`,
    sections: verdictSections(verdict),
  };
}

/**
 * The report of a reproduction as one self-contained HTML page. The same result gives the same bytes.
 *
 * @param result What `reproduce` gave; the experiments that it lacks are left out.
 * @param provenance The command that repeats it and the version of Lookback.
 * @param verdict What `verdict` gave for the same model: a chapter of its own, where it is given.
 */
export function renderReport(
  result: ReproduceResult,
  provenance: Provenance,
  verdict?: VerdictResult,
): Promise<string> {
  const chapters = [background(), modelAndHeads(result), ...present(POST_SECTIONS, result)];
  const inside = present(COMPANION_SECTIONS, result);
  const groups = [
    ...(inside.length > 0 ? [companions(inside)] : []),
    ...(verdict === undefined ? [] : [causes(verdict)]),
  ];
  const last = appendix(result, provenance);
  const { name } = result.model;
  const csv = csvFiles(result);
  csv.delete("comparisons"); // Thousands on the post's own model: the script writes them from the result.
  const ofVerdict = verdict === undefined ? [] : [...verdictCsvFiles(verdict)];
  return renderPage({
    title: `Induction head circuits for longer sequences: ${name}`,
    version: provenance.version,
    ...(verdict && { style: VERDICT_STYLE }),
    skip: { to: "question", text: "Skip to the report" },
    kicker: `A reproduction with Lookback ${provenance.version}`,
    heading: `Induction head circuits for longer sequences, measured on ${name}`,
    byline: "After the post of the same name by Eoin Farrell",
    abstract: abstract(result),
    body: html`${contents([...chapters, ...groups, last])}
${chapters.map(chapter)}
${groups.map(groupedChapter)}
${chapter(last)}`,
    data: {
      slug: slugOf(name),
      result,
      csv: Object.fromEntries([...csv, ...ofVerdict]),
      ...(verdict && { verdict }),
    },
  });
}
