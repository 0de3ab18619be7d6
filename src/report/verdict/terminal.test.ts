import { beforeAll, describe, expect, test } from "vitest";
import { randomVerdict } from "../../../test/sample-verdict.ts";
import type { Claim, Measurement } from "../../hypothesis/claim.ts";
import type { VerdictResult } from "../../hypothesis/verdict.ts";
import { PLAIN } from "../terminal.ts";
import { renderVerdictText } from "./terminal.ts";

let result: VerdictResult;

const MEASUREMENT: Measurement = {
  quantity: "path from the look-back heads to the keys, length 3",
  where: null,
  unit: "share",
  estimate: { mean: 0.4, se: 0.1, ci95: [0.2, 0.6], n: 100 },
  interval: [0.05, 0.75],
  predicted: { is: "above", value: 0.1 },
  verdict: "cannot tell",
  applies: true,
  aspect: "",
};

const CLAIM: Claim = {
  id: "c",
  statement: "The key also reads the average that the look-back head wrote.",
  test: "t",
  prediction: "p",
  measurement: [MEASUREMENT],
  verdict: "held",
  reason: null,
};

beforeAll(async () => {
  result = await randomVerdict();
  result = {
    ...result,
    circuit: { previousToken: ["L0H4"], lookBack: ["L0H5", "L0H2"], induction: [] },
    claims: [
      { ...CLAIM, measurement: [{ ...MEASUREMENT, verdict: "held" }] },
      {
        ...CLAIM,
        verdict: "did not hold",
        measurement: [
          { ...MEASUREMENT, verdict: "did not hold", unit: "nats" },
          { ...MEASUREMENT, applies: false },
        ],
      },
      { ...CLAIM, verdict: "cannot tell", measurement: [], reason: "nothing of it was measured" },
    ],
  };
});

describe("renderVerdictText", () => {
  test("sets each measurement below its claim: mean, interval, predicted side", () => {
    const lines = renderVerdictText(result, { width: 120 }).split("\n");
    expect(lines[1]).toBe("heads: previous-token L0H4; look-back L0H5, L0H2; induction none");
    const at = lines.indexOf(`✓ held          ${CLAIM.statement}`);
    expect(lines[at + 1]).toBe(`    ✓ ${MEASUREMENT.quantity}  0.40 [0.05, 0.75]  above 0.10`);
    const text = lines.join("\n");
    expect(text).toContain(`✗ did not hold  ${CLAIM.statement}`);
    expect(text).toContain("above 0.10 nats");
    expect(text).toContain("(set aside: a share of nothing)");
    expect(text).toContain(`? cannot tell   ${CLAIM.statement}\n    nothing of it was measured\n`);
    expect(text.trimEnd().split("\n").at(-1)).toBe(
      "3 claims: 1 held, 1 did not hold, 1 cannot tell",
    );
  });

  test("tells a reason once where claim after claim has it", () => {
    const unknown: Claim = { ...CLAIM, verdict: "cannot tell", measurement: [], reason: "no head" };
    const claims = [unknown, unknown, CLAIM, unknown, { ...unknown, reason: "no length" }];
    const text = renderVerdictText({ ...result, claims }, { width: 120 });
    expect(text.match(/^ {4}(no|as) .*$/gm)).toEqual([
      "    no head",
      "    as above",
      "    no head",
      "    no length",
    ]);
  });

  test.each([60, 72, 100, 160])("keeps within %i characters and loses nothing", (width) => {
    const text = renderVerdictText(result, { width });
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(width);
    const flat = text.replace(/\s+/g, " ");
    for (const { statement } of result.claims) expect(flat).toContain(statement);
    expect(flat.match(/0\.40 \[0\.05, 0\.75\]/g)).toHaveLength(3);
    expect(flat).toContain(MEASUREMENT.quantity);
  });

  test("dresses verdicts in their colours, which take no room", () => {
    const palette = {
      bold: (text: string) => text,
      dim: (text: string) => text,
      good: (text: string) => `\u001b[32m${text}\u001b[0m`,
      bad: (text: string) => `\u001b[31m${text}\u001b[0m`,
      unsure: (text: string) => `\u001b[33m${text}\u001b[0m`,
    };
    const text = renderVerdictText(result, { width: 80, palette });
    expect(text).toContain("\u001b[32m✓ held          \u001b[0m");
    expect(text).toContain("\u001b[31m✗ did not hold  \u001b[0m");
    expect(text).toContain("\u001b[33m? cannot tell   \u001b[0m");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the colours.
    const undressed = text.replace(/\u001b\[\d+m/g, "");
    expect(undressed).toBe(renderVerdictText(result, { width: 80, palette: PLAIN }));
  });
});
