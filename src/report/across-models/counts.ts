/** @file In how many models a claim holds, in words. */

import type { ClaimAcross } from "../../hypothesis/across-models.ts";
import type { Verdict } from "../../hypothesis/claim.ts";

/** In how many models that came out. */
export function countOf({ verdicts }: Pick<ClaimAcross, "verdicts">, verdict: Verdict): number {
  return verdicts.filter((one) => one === verdict).length;
}

/** Whether that came out in every model. */
export function isInAll(claim: Pick<ClaimAcross, "verdicts">, verdict: Verdict): boolean {
  return countOf(claim, verdict) === claim.verdicts.length;
}

/** `held in 3, cannot be told in 1`; of what did not come out nothing is said. */
export function countText(claim: Pick<ClaimAcross, "verdicts">): string {
  const said = [
    ["held", "held in"],
    ["did not hold", "did not hold in"],
    ["cannot tell", "cannot be told in"],
  ] as const;
  return said
    .flatMap(([verdict, words]) => {
      const count = countOf(claim, verdict);
      return count === 0 ? [] : [`${words} ${count}`];
    })
    .join(", ");
}
