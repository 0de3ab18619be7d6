/** @file Whether the order of the tokens matters, and the bug that follows if it does not. */

import type { OrderRow } from "../../hypothesis/order.ts";
import type { VerdictResult } from "../../hypothesis/verdict.ts";
import { COLOURS } from "../drawing/colour.ts";
import { dotChart } from "../drawing/dot-chart.ts";
import { dashedKey, hollowKey, seriesKey } from "../drawing/legend.ts";
import { effect, interval, logits, withInterval } from "../format.ts";
import { figure } from "../page/figure.ts";
import { html, type Markup, sentences } from "../page/markup.ts";
import { dataTable } from "../page/tables.ts";
import { tokens } from "../page/tokens.ts";
import { sample, stated } from "../prose.ts";
import { isClear } from "./looks.ts";
import { stack, type VerdictSectionOf } from "./section.ts";

const KEEPS = COLOURS.right;
const MOVES = COLOURS.wrong;

function panel({ length, copy, arms }: OrderRow): Markup {
  return dotChart({
    title: `Length ${length}`,
    xLabel: "corrected logit difference, nats",
    format: logits,
    reference: copy.mean,
    rows: arms.map(({ label, logitDiff, control, keepsLast }) => ({
      name: label,
      estimate: logitDiff,
      colour: keepsLast ? KEEPS : MOVES,
      beside: { name: `${label}, control`, estimate: control },
    })),
  });
}

function bugFigure({ parts: { inductionBug } }: VerdictResult): Markup {
  const { ordering, control, difference, spec } = inductionBug;
  const rows = [
    { name: "ordering test", estimate: ordering, colour: KEEPS },
    { name: "control", estimate: control, colour: COLOURS.other },
    { name: "difference", estimate: difference, colour: COLOURS.third },
  ];
  return figure({
    id: "figure-v15",
    label: "Figure V15",
    title: "The induction bug",
    caption: `Logit of B less that of X2 after X2 A X1, in nats; above zero the model says B, as one that matches a bag of tokens does, below X2, as one that goes by order does. The control has random tokens before the last X1. Means with 95% intervals; ${sample(spec)}.`,
    panels: [
      dotChart({ title: "B or X2", xLabel: "logit(B) − logit(X2), nats", rows, format: logits }),
    ],
    layout: "single",
    keys: [],
    table: dataTable({
      caption: "logit(B) − logit(X2) with 95% intervals, in nats",
      columns: ["Prompts", "Mean", "95% interval"],
      rows: rows.map(({ name, estimate }) => [
        name,
        logits(estimate.mean),
        interval(estimate, logits),
      ]),
    }),
    csv: "induction-bug",
    part: "inductionBug",
  });
}

/** The section of order. */
export const orderSection: VerdictSectionOf = (result) => {
  const { rows, spec } = result.parts.order;
  const kept = rows.flatMap(({ length, keptByBag, copy }) =>
    keptByBag !== null && isClear(copy)
      ? [
          html`At length ${length}, other orders that keep the last token reach ${stated(keptByBag, effect)} times what the copy’s own order does.`,
        ]
      : [],
  );
  return {
    id: "verdict-order",
    title: "Whether order matters",
    body: html`
<p>A head that averages over what came before cannot know in which order it came. So the tokens of the last copy are put into other orders. The last token is what the previous-token match is about, so only orders that keep it are a fair test of the bag; the others are shown beside them. In a control the X’s are random tokens, but for the last.</p>
${kept.length > 0 && html`<p>${sentences(...kept)}</p>`}
${figure({
  id: "figure-v14",
  label: "Figure V14",
  title: "The last copy in other orders",
  caption: `Logit of the right answer less that of the wrong one, asked both ways, in nats. The first row is the copy’s own order, and the dashed line what a bag of tokens predicts of every order that keeps the last token. Means with 95% intervals; ${sample(spec)} at each length.`,
  panels:
    rows.length > 2
      ? [stack(rows.slice(0, -1).map(panel)), ...rows.slice(-1).map(panel)]
      : rows.map(panel),
  layout: "chart",
  keys: [
    seriesKey("keeps the last token", KEEPS),
    ...(rows.some(({ arms }) => arms.some(({ keepsLast }) => !keepsLast))
      ? [seriesKey("moves it", MOVES)]
      : []),
    hollowKey("control: random tokens instead", "currentColor"),
    dashedKey("prediction of a bag of tokens"),
  ],
  table: dataTable({
    caption: "Orders with 95% intervals, in nats; kept is a share of the copy’s own",
    columns: ["Order", "Length", "Logit difference", "Control", "Own less this", "Share kept"],
    rows: rows.flatMap(({ length, copy, arms }) =>
      arms.map((arm) => [
        arm.label,
        length,
        withInterval(arm.logitDiff, logits),
        withInterval(arm.control, logits),
        withInterval(arm.effect, logits),
        isClear(copy) ? withInterval(arm.kept, effect) : "–",
      ]),
    ),
  }),
  csv: "order",
  part: "order",
})}
<p>The post’s own test is harder: ${tokens("A X2 X1 B C X1 X2 D A X2 X1 B C X1 X2 D X2 A X1", { wrong: "X2", asks: true })} X2, A and X1 never came in this order before. After X1 came X2 once, and after these three tokens, in another order, came B.</p>
${bugFigure(result)}`,
  };
};
