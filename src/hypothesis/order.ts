/**
 * @file Does the order of the tokens matter? The tokens of the last copy, `A X1 … Xn`, in every order in
 * which A stays first or the last token stays last, each beside a control whose X's are random tokens but
 * for the last. Asked both ways, so that nothing but A, or C in its place, tells the answers apart.
 *
 * A bag of tokens has no order: for it, an order that keeps the last token is the copy itself. The last
 * token is what the previous-token match is about, so an order that moves it loses more than order.
 */

import { type Estimate, estimate, estimatePaired, estimateRatio } from "../measures/statistics.ts";
import {
  allOrders,
  type Reordering,
  reorderedPrompts,
  type TokenOrder,
} from "../prompts/reordered.ts";
import { answerLogits, checkLengths, meanScores, repeatedSpec } from "./answer-logits.ts";
import { forEach, type HypothesisContext, partOf } from "./context.ts";

/** Which lengths, and the prompts of each. */
export interface OrderSpec {
  /** 3 to 5: of longer ones there are too many orders. */
  readonly lengths: readonly number[];
  readonly batch: number;
  readonly seed: number;
}

/** One order; logit of the right answer less that of the wrong one, corrected, in nats. */
export interface OrderArm {
  /** `A X2 X1` */
  readonly label: string;
  readonly order: TokenOrder;
  /** Whether the last token is the copy's own. */
  readonly keepsLast: boolean;
  readonly logitDiff: Estimate;
  /** With random tokens in the place of the X's, but for the last token of this order. */
  readonly control: Estimate;
  /** What the order changes: the copy's own less this, paired over prompts. */
  readonly effect: Estimate;
  /** The share of the copy's own that is kept, paired: 1 for a bag of tokens, 0 where order is everything. */
  readonly kept: Estimate;
}

/** One length. */
export interface OrderRow {
  readonly length: number;
  /** The copy's own order: what there is to keep, and what a bag of tokens predicts of every other. */
  readonly copy: Estimate;
  readonly arms: readonly OrderArm[];
  /** Over all orders, other than the copy's own, that keep the last token; null where there are none. */
  readonly keptByBag: Estimate | null;
}

/** As plain JSON. */
export interface OrderResult {
  readonly spec: OrderSpec;
  readonly rows: readonly OrderRow[];
}

/** Orders in which A stays first or the last token stays last, the copy's own first. */
export function testedOrders(length: number): TokenOrder[] {
  const last = length - 2;
  return allOrders(length - 1).filter((order) => order[0] === 0 || order[last] === last);
}

function labelOf(order: TokenOrder): string {
  const only = order.length === 2;
  return order.map((place) => (place === 0 ? "A" : only ? "X" : `X${place}`)).join(" ");
}

async function row(
  context: HypothesisContext,
  { batch, seed }: OrderSpec,
  length: number,
): Promise<OrderRow> {
  const orders = testedOrders(length);
  const settings = orders.flatMap((order): Reordering[] => [
    { order },
    { order, replaced: order.slice(0, -1).filter((place) => place > 0) },
  ]);
  const prompts = reorderedPrompts(repeatedSpec(context, { length, batch, seed }), settings);
  const scores = await forEach(context, prompts, async (part, { first, second }) =>
    meanScores([
      await answerLogits(partOf(part, [0, 0.5]), first),
      await answerLogits(partOf(part, [0.5, 1]), second),
    ]),
  );
  const own = (i: number) => scores[2 * i] as Float32Array;
  const copy = own(0);
  const arms = orders.map(
    (order, i): OrderArm => ({
      label: labelOf(order),
      order,
      keepsLast: order.at(-1) === length - 2,
      logitDiff: estimate(own(i)),
      control: estimate(scores[2 * i + 1] as Float32Array),
      effect: estimatePaired(copy, own(i)),
      kept: estimateRatio(own(i), copy),
    }),
  );
  const bag = arms.flatMap(({ keepsLast }, i) => (keepsLast && i > 0 ? [own(i)] : []));
  return {
    length,
    copy: estimate(copy),
    arms,
    keptByBag: bag.length === 0 ? null : estimateRatio(meanScores(bag), copy),
  };
}

/** Measures every tested order at each length. */
export async function order(context: HypothesisContext, spec: OrderSpec): Promise<OrderResult> {
  checkLengths(context, "lengths", spec.lengths);
  const rows = await forEach(context, spec.lengths, (part, length) => row(part, spec, length));
  return { spec, rows };
}
