import { expect, it } from "vitest";
import { textTable } from "./text-table.ts";

const heads = ["length", "path", "ablated", "taken away"];
const rows = [
  ["3", "L0H4 → L1H3.q", "1.45", "1.01"],
  ["10", "pos → L1H3.k", "−0.20", "0.1"],
];

it("aligns the first column to the left, the others to the right", () => {
  expect(textTable(["head", "n"], [["L0H4", "10"], ["a", "2"]])).toBe("head   n\nL0H4  10\na      2\n"); // biome-ignore format: rows
});

it("is one table where there is room, or no width", () => {
  const whole = textTable(heads, rows, { left: [1] });
  expect(whole.split("\n")).toHaveLength(4);
  const width = Math.max(...whole.split("\n").map((line) => line.length));
  expect(textTable(heads, rows, { left: [1], width })).toBe(whole);
  expect(textTable(heads, rows, { left: [1], width: width - 1 })).not.toBe(whole);
});

it("goes on below with the columns that tell rows apart", () => {
  const text = textTable(heads, rows, { left: [1], repeated: 2, width: 30 });
  expect(text).toBe(
    [
      "length  path           ablated",
      "     3  L0H4 → L1H3.q     1.45",
      "    10  pos → L1H3.k     −0.20",
      "",
      "length  path           taken away",
      "     3  L0H4 → L1H3.q        1.01",
      "    10  pos → L1H3.k          0.1",
      "",
    ].join("\n"),
  );
});
