/** @file The sections of a verdict, in the order in which they are read. */

import type { VerdictResult } from "../../hypothesis/verdict.ts";
import type { Section } from "../page/section.ts";
import { ablationSection } from "./ablation.ts";
import { attributionSection } from "./attribution.ts";
import { claimsSection } from "./claims.ts";
import { compositionSection } from "./composition.ts";
import { effectsSection } from "./effects.ts";
import { headsSection } from "./heads.ts";
import { lengthSection } from "./length.ts";
import { orderSection } from "./order.ts";
import { pathsSection } from "./paths.ts";
import { reachSection } from "./reach.ts";
import { scoresSection } from "./scores.ts";
import type { VerdictSectionOf } from "./section.ts";

const SECTIONS: readonly VerdictSectionOf[] = [
  claimsSection,
  headsSection,
  lengthSection,
  reachSection,
  pathsSection,
  effectsSection,
  scoresSection,
  ablationSection,
  orderSection,
  attributionSection,
  compositionSection,
];

/** All sections; for a page of their own, or a chapter of another. */
export function verdictSections(result: VerdictResult): Section[] {
  return SECTIONS.map((section) => section(result));
}
