/** @file The roles of a model's heads, for badges: a scorecard on few prompts. */

import type { HeadCard } from "../hypothesis/head-card.ts";
import { scorecard } from "../hypothesis/scorecard.ts";
import type { ScorecardSpec } from "../hypothesis/scorecard-spec.ts";
import type { Session, SessionWork } from "./session.ts";

/**
 * Enough for the roles of attention on the bundled models. `order-free`, which asks for the whole of an
 * interval, may come with more prompts only: 200 are what a scorecard has by default.
 */
export const ROLES_SPEC: ScorecardSpec = { batch: 32, tokens: 48, seed: 0 };

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
