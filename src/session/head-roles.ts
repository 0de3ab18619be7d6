/** @file The roles of a model's heads, for badges: a scorecard, on few prompts or on many. */

import type { HeadCard } from "../hypothesis/head-card.ts";
import { scorecard } from "../hypothesis/scorecard.ts";
import type { ScorecardSpec } from "../hypothesis/scorecard-spec.ts";
import type { Session, SessionWork } from "./session.ts";

/** Enough for the roles of attention on the bundled models, and there within a second. */
const ROLES_SPEC: ScorecardSpec = { batch: 32, tokens: 48, seed: 0 };

/**
 * What a scorecard has by default, ten times the work: `order-free`, which asks for the whole of an
 * interval, may come with so many prompts only.
 */
export const SURE_ROLES_SPEC: ScorecardSpec = { ...ROLES_SPEC, batch: 200 };

/**
 * Every head's card, layer by layer, with its roles and the measures that earned them.
 *
 * @throws LookbackError as `scorecard`: `unsupported` where the model's context is shorter than 16 tokens.
 */
export async function headRoles(
  { model, bos }: Session,
  work: SessionWork = {},
  spec: ScorecardSpec = ROLES_SPEC,
): Promise<readonly HeadCard[]> {
  return (await scorecard({ model, bos, ...work }, spec)).heads;
}
