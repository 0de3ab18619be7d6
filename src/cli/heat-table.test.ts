import { expect, it } from "vitest";
import { heatTableText } from "./heat-table.ts";

const table = {
  rows: ["L0", "L1"],
  columns: ["H0", "H1"],
  values: [
    [0, -0.5],
    [1, 2],
  ],
};

it("is a plain table without colours", () => {
  expect(heatTableText(table, { colours: false, scale: 1 })).toBe(
    "      H0     H1\nL0  0.00  −0.50\nL1  1.00   2.00\n",
  );
});

it("colours cells by their share of the scale, no further than its end", () => {
  const text = heatTableText(table, { colours: true, scale: 1 });
  expect(text).toContain("\u001b[48;2;247;247;247m\u001b[38;2;0;0;0m  0.00 ");
  expect(text).toContain("\u001b[48;2;33;102;172m\u001b[38;2;255;255;255m  1.00 ");
  expect(text).toContain("\u001b[48;2;33;102;172m\u001b[38;2;255;255;255m  2.00 ");
});

it("has no minus before a zero", () => {
  const text = heatTableText(
    { rows: ["L0"], columns: ["H0", "H1"], values: [[-0.0049, -0.005]] },
    { colours: false, scale: 1 },
  );
  expect(text).toBe("      H0     H1\nL0  0.00  −0.01\n");
});

it("goes on below where the terminal ends, in blocks about as wide", () => {
  const columns = Array.from({ length: 9 }, (_, i) => `H${i}`);
  const values = [columns.map((_, i) => i / 10), columns.map((_, i) => i / 10)];
  const table = { rows: ["L0", "L1"], columns, values };
  const text = heatTableText(table, { colours: false, scale: 1, width: 50 });
  const [first = "", second = ""] = text.split("\n\n");
  expect(first.split("\n")[0]?.trim().split(/ +/)).toEqual(columns.slice(0, 5));
  expect(second.split("\n")[0]?.trim().split(/ +/)).toEqual(columns.slice(5));
  expect(second).toContain("L1 0.50  0.60  0.70  0.80\n");
});
