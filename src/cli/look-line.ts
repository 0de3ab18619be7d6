/** @file A look as a line of a log has it; the page of the workbench reads such lines too. */

import { z } from "zod";
import type { Look } from "../development/look.ts";

const estimate = z.object({
  mean: z.number(),
  se: z.number(),
  ci95: z.tuple([z.number(), z.number()]),
  n: z.int(),
});
const lossAt = z.object({ from: z.int(), to: z.int(), loss: estimate });

/** A line of the log that is a look. Shapes are checked, since figures take them at their word. */
export const lookLine = z.object({
  step: z.int(),
  tokens: z.int(),
  heldOut: z
    .object({
      loss: estimate,
      byIndex: z.array(lossAt),
      inContext: z.object({ score: estimate, early: lossAt, late: lossAt }).nullable(),
    })
    .nullable(),
  repeated: z.object({ copy: z.int(), first: estimate, second: estimate }),
  heads: z.array(
    z.object({
      label: z.string(),
      layer: z.int(),
      head: z.int(),
      byLag: z.array(z.number()),
      bos: z.number(),
      previousToken: estimate,
      lookBack: estimate,
      broadLookBack: estimate,
      induction: estimate,
    }),
  ),
  lengths: z.array(
    z.object({
      length: z.int(),
      pB: estimate,
      pD: estimate,
      logitDiff: estimate,
      bothWays: estimate.nullable().default(null),
    }),
  ),
});

/** A look as it was kept by an earlier run of a command; undefined where it is none, or saw less than now. */
export function keptLook(value: unknown): Look | undefined {
  const look = lookLine.omit({ step: true, tokens: true }).safeParse(value);
  const isWhole = look.data?.lengths.every(({ bothWays }) => bothWays !== null) ?? false;
  return isWhole ? look.data : undefined;
}
