import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { pieces, proseOfJson, textOfHtml, textsOfFile } from "./texts.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const SENTENCE = "A head that looks back one token lets another find what came next. "
  .repeat(5)
  .trim();

test("a page becomes its text: furniture gone, blocks on lines of their own, code as it was", () => {
  const page = `<html><head><title>T</title></head><body><nav>up</nav><div class="foot">page 3</div>
    <h1>Heads</h1><p>One
    paragraph &amp; <b>more</b>.</p><pre>for i:
    x</pre><ul><li>first</li><li>second</li></ul><script>no()</script></body></html>`;
  expect(textOfHtml(page, ".foot")).toBe(
    "Heads\n\nOne paragraph & more.\n\nfor i:\n    x\n\n* first\n\n* second",
  );
});

test("only long strings of a JSON document are prose", () => {
  expect(
    proseOfJson({ code: "fr", text: SENTENCE, more: [{ n: 3, text: `${SENTENCE}!` }] }),
  ).toEqual([SENTENCE, `${SENTENCE}!`]);
});

test("pieces are no longer than asked, end at paragraphs, and lose nothing but the line between", () => {
  const text = ["a".repeat(30), "b".repeat(30), "c".repeat(90)].join("\n\n");
  expect(pieces(text, 70)).toEqual([
    `${"a".repeat(30)}\n\n${"b".repeat(30)}`,
    "c".repeat(70),
    "c".repeat(20),
  ]);
  expect(pieces(text, 1000)).toEqual([text]);
});

test("names follow what was done to a file", () => {
  const packed = new Uint8Array(gzipSync(SENTENCE));
  const [name] = [textsOfFile("a/devil.dict.dz", packed)].flat();
  expect(name).toEqual({ name: "a/devil.txt", text: `${SENTENCE}\n` });
  expect(textsOfFile("notes.rst.gz", packed)).toMatchObject([{ name: "notes.rst" }]);
  expect(textsOfFile("a.html", bytes(`<p>${SENTENCE}</p>`))).toEqual([
    { name: "a.txt", text: `${SENTENCE}\n` },
  ]);
  const verses = `{"text":"${SENTENCE}"}\n{"text":"${SENTENCE}"}\n`;
  expect(textsOfFile("kjv.jsonl", bytes(verses))).toEqual([
    { name: "kjv.txt", text: `${SENTENCE}\n${SENTENCE}\n` },
  ]);
});

test("a long text becomes several files of one name", () => {
  const long = `${SENTENCE}\n`.repeat(2000);
  const names = [textsOfFile("lib/big.c", bytes(long))].flat().map((text) => text);
  expect(names).toMatchObject([{ name: "lib/big.1.c" }, { name: "lib/big.2.c" }]);
});

test.each([
  ["copyleft", `# Licensed under the GNU General Public License\n${SENTENCE}`],
  ["copyleft", `This page is CC-BY-SA-4.0.\n${SENTENCE}`],
  ["foreign", `${SENTENCE} ${"Ключ лежит в следующем слове. ".repeat(3)}`],
  ["binary", `${SENTENCE}\0`],
  ["empty", "\n \n"],
  ["short", "Heads\n=====\n\n.. automodule:: heads\n"],
  ["few-letters", "0x12, 0x34, 0x56, 0x78,\n".repeat(20)],
])("what is no text for a corpus is left out: %s", (reason, text) => {
  expect(textsOfFile("a.txt", bytes(text))).toBe(reason);
});
