/** @file What is known of one head: the numbers of its card, as plain JSON. */

import type { Copying } from "../measures/head-copying.ts";
import type { LagRange } from "../measures/lag-attention.ts";
import type { LagProfile } from "../measures/lag-profile.ts";
import type { Estimate } from "../measures/statistics.ts";
import type { HeadIndex } from "../model/heads.ts";

/** The lags of the attention roles. Those of `look-back` are those of the post's look-back-two head. */
export const ROLE_LAGS = {
  previousToken: { from: 1, to: 1 },
  lookBack: { from: 2, to: 5 },
  broadLookBack: { from: 1, to: 8 },
} as const satisfies Record<string, LagRange>;

/** How many tokens before the last are put in another order to see whether a head minds. */
export const ORDER_WIDTH = 4;

/** The measures of a head; each estimate is over the prompts of one kind. */
export interface HeadMeasures extends HeadIndex, Copying {
  /** `L1H6` */
  readonly label: string;
  /** Random tokens: mean attention on the token before. */
  readonly previousToken: Estimate;
  /** Random tokens: mean attention on lags 2 to 5 together. */
  readonly lookBack: Estimate;
  /** Random tokens: mean attention on lags 1 to 8 together. */
  readonly broadLookBack: Estimate;
  /** Random tokens: mean attention on position 0. */
  readonly bos: Estimate;
  readonly lags: {
    /** Random tokens: of the mean pattern. */
    readonly total: LagProfile;
    /** Token embeddings zero: of the pattern, which is that of every prompt. */
    readonly positionOnly: LagProfile;
  };
  /** Random tokens twice: share of all attention that lies on earlier occurrences of the same token. */
  readonly duplicateToken: Estimate;
  /** Random tokens twice: share of all attention on the tokens that followed these. */
  readonly induction: Estimate;
  /** Random tokens repeated: `prefixMatching`. */
  readonly prefixMatching: Estimate;
  /** `orderSensitivity` to the four tokens before; null where other tokens there change nothing. */
  readonly orderSensitivity: Estimate | null;
}

/** A head with its roles. */
export interface HeadCard extends HeadMeasures {
  readonly roles: readonly Role[];
}

/** What a head does, by the rules of `head-labels.ts`. */
export type Role =
  | "previous-token"
  | "look-back"
  | "broad-look-back"
  | "duplicate-token"
  | "induction"
  | "copying"
  | "anti-copying"
  | "bos"
  | "order-free";
