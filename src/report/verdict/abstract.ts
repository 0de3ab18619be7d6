/** @file A verdict in a few sentences: how many claims held, and which did not. */

import type { Claim, Verdict } from "../../hypothesis/claim.ts";
import type { VerdictResult } from "../../hypothesis/verdict.ts";
import { html, listed, type Markup, sentences } from "../page/markup.ts";

/** Claims by what came out. */
export function claimsThat(
  { claims }: Pick<VerdictResult, "claims">,
  verdict: Verdict,
): readonly Claim[] {
  return claims.filter((claim) => claim.verdict === verdict);
}

/** Without its full stop, for the middle of a sentence. */
export function quoted({ statement }: Pick<Claim, "statement">): string {
  return `“${statement.replace(/\.$/, "")}”`;
}

function counted(count: number, what: string): string | false {
  return count > 0 && `${count} ${what}`;
}

/** The sentences. */
export function verdictAbstract(result: VerdictResult): Markup {
  const held = claimsThat(result, "held");
  const failed = claimsThat(result, "did not hold");
  const unclear = claimsThat(result, "cannot tell");
  const counts = [
    counted(held.length, "held"),
    counted(failed.length, "did not hold"),
    counted(unclear.length, "cannot be told from these data"),
  ].filter((part) => part !== false);
  return sentences(
    "The post’s account of how a model completes longer sequences is put as claims here, each with a prediction that could have failed, and tested by changing the model or its prompts.",
    html`Of ${result.claims.length} claims on ${result.model.name}, ${listed(counts)}.`,
    failed.length > 0 && html`Did not hold: ${listed(failed.map(quoted))}.`,
    unclear.length > 0 && html`Cannot be told: ${listed(unclear.map(quoted))}.`,
  );
}
