/** @file Verdicts side by side for a terminal: the models, and what came out of each claim in each. */

import type { AcrossModels } from "../../hypothesis/across-models.ts";
import { PLAIN, type TableOptions } from "../terminal.ts";
import { rolesInWords, VERDICT_LOOKS } from "../verdict/looks.ts";
import { dressOf } from "../verdict/terminal.ts";
import { wrapped } from "../wrapped.ts";
import { countText, isInAll } from "./counts.ts";

/** Of the column of a model: a letter or a sign, and space. */
const COLUMN = 3;
const LEAST_STATEMENT = 24;

/** `a`, `b`, … for the columns. */
const letterOf = (i: number): string => String.fromCharCode("a".charCodeAt(0) + i);

function modelLines({ models }: AcrossModels, width: number): string[] {
  return models.flatMap((model, i) => {
    const { name, longest, reach } = model;
    const about = [
      ...rolesInWords(model),
      `looks back ${reach ?? "nowhere"}`,
      longest === null ? "no length matched" : `matches up to length ${longest}`,
    ];
    return wrapped(`${letterOf(i)}  ${name}: ${about.join("; ")}`, width, "   ");
  });
}

/** Verdicts side by side as text. */
export function renderAcrossModelsText(
  result: AcrossModels,
  { width = 100, palette = PLAIN }: TableOptions = {},
): string {
  const { models, claims } = result;
  const { bold, dim } = palette;
  const signs = COLUMN * models.length;
  const room = Math.max(LEAST_STATEMENT, Math.min(84, width - signs));
  const columns = models.map((_, i) => letterOf(i).padStart(COLUMN)).join("");
  const rows = claims.flatMap(({ statement, verdicts }) => {
    const [first = "", ...others] = wrapped(statement, room, "  ");
    const found = verdicts.map((verdict) => {
      const sign = VERDICT_LOOKS[verdict].sign.padStart(COLUMN);
      return dressOf(verdict, palette)(sign);
    });
    return [`${first.padEnd(room)}${found.join("")}`, ...others];
  });
  const inAll = claims.filter((claim) => isInAll(claim, "held")).length;
  const others = claims.filter((claim) => !isInAll(claim, "held"));
  const lines = [
    ...wrapped(`The verdict on longer sequences, on ${models.length} models`, width).map(bold),
    ...modelLines(result, width),
    "",
    `${" ".repeat(room)}${bold(columns)}`,
    ...rows,
    "",
    ...wrapped(`${claims.length} claims: ${inAll} held in all ${models.length} models`, width),
    ...others.flatMap((claim) =>
      wrapped(`  ${countText(claim)}: ${claim.statement}`, width, "    "),
    ),
    dim("✓ held, ✗ did not hold, ? cannot tell"),
  ];
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}
