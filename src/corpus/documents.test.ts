import { describe, expect, it } from "vitest";
import { judgeBytes, judgeText, type SkipReason, textOfJsonLine } from "./documents.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const PROSE = "It was a bright cold day in April, and the clocks were striking thirteen. ";

describe("judgeBytes", () => {
  it("takes text, with line breaks of one kind and nothing around it", () => {
    expect(judgeBytes(utf8("\ufeff\r\n \n  One\r\ntwo\rthree  \n\n"))).toEqual({
      text: "  One\ntwo\nthree",
    });
  });

  const cases: [what: string, bytes: Uint8Array, reason: SkipReason][] = [
    ["nothing", utf8(""), "empty"],
    ["white space", utf8(" \r\n\t\n"), "empty"],
    ["a NUL", utf8(`${PROSE}\0${PROSE}`), "binary"],
    [
      "UTF-16",
      new Uint8Array(new Uint16Array([...PROSE].map((c) => c.charCodeAt(0))).buffer),
      "binary",
    ],
    ["control characters", utf8("\u001b[1mbold\u001b[0m ".repeat(20)), "binary"],
    [
      "Latin-1",
      Uint8Array.from("caf\xe9 na\xefve".repeat(30), (c) => c.charCodeAt(0)),
      "not-utf-8",
    ],
    ["a table of numbers", utf8("0x1f, 0x2e, 17.25, 0.5\n".repeat(30)), "few-letters"],
    ["a ruler", utf8(`${"=-".repeat(40)}\n`.repeat(9)), "few-letters"],
    [
      "minified code",
      utf8(`function f(a,b){return a+b};var q=f(1,2);${"let k=g(h,i);".repeat(200)}`),
      "minified",
    ],
    ["base64", utf8("QmFzZSBzaXh0eSBmb3Vy".repeat(200)), "minified"],
  ];
  it.each(cases)("turns away %s", (_, bytes, reason) => {
    expect(judgeBytes(bytes)).toEqual({ skipped: reason });
  });

  it.each([
    ["prose with a line a paragraph", PROSE.repeat(40)],
    ["a script without spaces", "吾輩は猫である。名前はまだ無い。".repeat(100)],
    ["a byte or two that are no UTF-8", `${PROSE.repeat(40)}\ufffd`],
    ["code", "export const f = (a: number) => {\n  return a * 2 + 1; // twice\n};\n"],
    ["a short note", "No."],
  ])("takes %s", (_, text) => {
    expect(judgeText(text).skipped).toBeUndefined();
  });

  it("leaves no half of a character in the text", () => {
    const { text = "" } = judgeText(`${PROSE.repeat(20)}\ud83d`);
    expect(text.isWellFormed()).toBe(true);
  });
});

describe("textOfJsonLine", () => {
  it("takes the field text", () => {
    expect(textOfJsonLine('{"id": 1, "text": "a\\nb"}')).toBe("a\nb");
  });

  it.each(["", "{", "null", "[]", '"text"', '{"content": "a"}', '{"text": 3}'])(
    "refuses %j",
    (line) => {
      expect(textOfJsonLine(line)).toBeUndefined();
    },
  );
});
