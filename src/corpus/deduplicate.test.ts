import { hash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RepeatedBlocks, SeenDocuments } from "./deduplicate.ts";

describe("SeenDocuments", () => {
  it("knows a document again", () => {
    const seen = new SeenDocuments();
    const digest = (last: number) =>
      Uint8Array.from({ length: 32 }, (_, i) => (i === 7 ? last : i));
    expect([digest(1), digest(2), digest(1)].map((one) => seen.add(one))).toEqual([
      true,
      true,
      false,
    ]);
  });
});

/** What Sets and Maps do at 2^24 entries, at fewer. */
function holdingAtMost(most: number, work: () => void): void {
  const { add } = Set.prototype;
  const { set } = Map.prototype;
  const check = ({ size }: { readonly size: number }) => {
    if (size >= most) throw new RangeError("maximum size exceeded");
  };
  Set.prototype.add = function (value) {
    check(this);
    return add.call(this, value);
  };
  Map.prototype.set = function (key, value) {
    check(this);
    return set.call(this, key, value);
  };
  try {
    work();
  } finally {
    Set.prototype.add = add;
    Map.prototype.set = set;
  }
}

it("more documents, and blocks, are known than a Set or a Map holds", () => {
  const texts = Array.from({ length: 1000 }, (_, i) => `${"This block is long. ".repeat(8)}${i}`);
  const digests = texts.map((text) => hash("sha256", text, "buffer"));
  const [seen, blocks] = [new SeenDocuments(), new RepeatedBlocks({ copies: 1 })];
  const [added, kept]: [boolean[], string[]] = [[], []];
  holdingAtMost(100, () => {
    for (const digest of [...digests, ...digests]) added.push(seen.add(digest));
    for (const text of [...texts, ...texts]) kept.push(blocks.strip(text));
  });
  expect(added).toEqual(Array.from({ length: 2000 }, (_, i) => i < 1000));
  expect(kept).toEqual([...texts, ...texts.map(() => "")]);
});

const LICENCE = [
  "Permission is hereby granted, free of charge, to any person obtaining a copy of this software,",
  "to deal in the Software without restriction, subject to the following conditions.",
];
const hashComment = LICENCE.map((line) => `# ${line}`).join("\n");
const starComment = `/*\n${LICENCE.join(" ")
  .split(/(?<=copy) /)
  .map((line) => ` * ${line}`)
  .join("\n")}\n */`;

describe("RepeatedBlocks", () => {
  it("keeps the first copies of a licence and drops it from then on, in any comments", () => {
    const blocks = new RepeatedBlocks({ copies: 2 });
    const python = (body: string) => `${hashComment}\n\n${body}`;
    const c = (body: string) => `${starComment}\n\n${body}`;
    expect(blocks.strip(python("x = 1"))).toBe(python("x = 1"));
    expect(blocks.strip(c("int y;"))).toBe(c("int y;"));
    expect(blocks.strip(python("z = 3"))).toBe("z = 3");
    expect(blocks.strip(c("int w;"))).toBe("/*\n */\n\nint w;");
    expect(blocks.dropped).toBe(2);
  });

  it("leaves short blocks alone, however often they come", () => {
    const blocks = new RepeatedBlocks({ copies: 1 });
    const text = "return 0;\n}\n\nreturn 0;\n}\n\nreturn 0;\n}";
    for (let i = 0; i < 5; i++) expect(blocks.strip(text)).toBe(text);
    expect(blocks.dropped).toBe(0);
  });

  it("drops what stands between two dropped blocks, and nothing else", () => {
    const blocks = new RepeatedBlocks({ copies: 1, leastLetters: 3 });
    blocks.strip("one\n\ntwo");
    expect(blocks.strip("first\n\none\n---\ntwo\n\nlast\n\none\n\nend")).toBe(
      "first\n\n\nlast\n\n\nend",
    );
  });

  it("says when nothing is left", () => {
    const blocks = new RepeatedBlocks({ copies: 1, leastLetters: 3 });
    blocks.strip("one\n---\ntwo");
    expect(blocks.strip("/* one */\n//////\n   two\n*/")).toBe("");
  });

  it("drops within a document too", () => {
    const blocks = new RepeatedBlocks({ copies: 1, leastLetters: 3 });
    expect(blocks.strip("one\n\none\n\nONE")).toBe("one\n\n\nONE");
  });

  it("leaves any text as it is where nothing comes twice", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "b", "\n", " ", "*") }), (text) => {
        expect(new RepeatedBlocks({ copies: 1000, leastLetters: 1 }).strip(text)).toBe(text);
      }),
    );
  });
});
