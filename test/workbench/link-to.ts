/** @file Links to sessions that a test begins with. */

import { linkOf } from "../../workbench/src/state/link.ts";
import { INITIAL_STATE, type State } from "../../workbench/src/state/state.ts";

/** The link to prompts of repeated sequences. */
export function linkTo(
  prompt: { length?: number; gap?: number; batch?: number },
  look = {},
): string {
  const { session } = INITIAL_STATE;
  const source = { ...session.prompt, ...prompt } as State["session"]["prompt"];
  const state = {
    ...INITIAL_STATE,
    session: { ...session, prompt: source },
    look: { ...INITIAL_STATE.look, ...look },
  };
  return `#${linkOf(state)}`;
}
