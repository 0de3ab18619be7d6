/** @file What sections of a verdict have in common. */

import { ROLE_NAMES } from "../../hypothesis/context.ts";
import type { VerdictResult } from "../../hypothesis/verdict.ts";
import { html, listed, type Markup } from "../page/markup.ts";
import { note, type Section } from "../page/section.ts";
import { missingRoles } from "./looks.ts";

/** A section of a verdict; every verdict has every section, which says so where a role is missing. */
export type VerdictSectionOf = (result: VerdictResult) => Section;

/** Says which roles no head of the model plays in the circuit. */
export function missingNote(result: VerdictResult): Markup | null {
  const hasInduction = result.circuit.induction.length > 0;
  const missing = missingRoles(result).map((role) =>
    role !== "induction" && hasInduction
      ? `no ${ROLE_NAMES[role]} head below its induction heads`
      : `no ${ROLE_NAMES[role]} head`,
  );
  if (missing.length === 0) return null;
  return note(html`This model has ${listed(missing)}; what is about it is left out.`);
}

/** Pictures under each other in one place of a figure. */
export function stack(pictures: readonly Markup[]): Markup {
  return html`<div class="stack">${pictures}</div>`;
}

/** A paragraph, or nothing where there is nothing to say. */
export function paragraph(...text: readonly (Markup | string | null | false)[]): Markup | null {
  const said = text.filter((part) => part !== null && part !== false);
  return said.length === 0 ? null : html`<p>${said.map((part, i) => [i > 0 && " ", part])}</p>`;
}
