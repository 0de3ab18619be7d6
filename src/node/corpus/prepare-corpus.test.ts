import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LookbackError } from "../../errors.ts";
import { parseTokenizer } from "../../loading/tokenizer.ts";
import { DEFAULT_RECIPE } from "../../training/recipe.ts";
import type { CorpusManifest } from "./manifest.ts";
import { openPackedTokens } from "./packed-tokens.ts";
import { type PrepareCorpusOptions, prepareCorpus } from "./prepare-corpus.ts";

const TOKENIZER = fileURLToPath(
  new URL("../../../models/standard-2l/tokenizer.json", import.meta.url),
);

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lookback-corpus-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const WORDS = "the cat sat on a mat while rain fell over old towns and seas".split(" ");

/** Prose of words in an order that hangs on the number. */
function story(number: number, words = 150): string {
  let state = number + 1;
  const next = () => {
    state = (state * 48271) % 0x7fffffff;
    return WORDS[state % WORDS.length] as string;
  };
  return Array.from({ length: words }, (_, i) => (i % 12 === 11 ? `${next()}.\n` : next())).join(
    " ",
  );
}

async function putStories(count: number): Promise<void> {
  await mkdir(join(folder, "texts"), { recursive: true });
  for (let i = 0; i < count; i++) await writeFile(join(folder, "texts", `${i}.txt`), story(i));
}

const request = (options: Partial<PrepareCorpusOptions> = {}): PrepareCorpusOptions => ({
  sources: [join(folder, "texts")],
  vocabulary: 300,
  n_ctx: 32,
  heldOut: 0.1,
  out: join(folder, "corpus"),
  ...options,
});

async function failureOf(work: Promise<unknown>): Promise<LookbackError> {
  const error = await work.then(
    () => new Error("nothing failed"),
    (reason: unknown) => reason,
  );
  if (error instanceof LookbackError) return error;
  throw error;
}

/** The texts of both streams. */
async function textsOf(out: string) {
  const corpus = await openPackedTokens(out);
  const tokenizer = parseTokenizer(corpus.tokenizer);
  const text = (part: typeof corpus.train) =>
    tokenizer.decode(Array.from({ length: part.tokens }, (_, i) => part.read([i], 2)[1] as number));
  const texts = { train: text(corpus.train), heldOut: text(corpus.heldOut) };
  corpus.close();
  return texts;
}

describe("prepareCorpus", () => {
  it("packs documents whole, each on one side", async () => {
    await putStories(60);
    const manifest = await prepareCorpus(request());
    const { train, heldOut } = await textsOf(join(folder, "corpus"));
    const stories = Array.from({ length: 60 }, (_, i) => `${story(i).trimEnd()}\n\n`);
    const [inTrain, inHeldOut] = [train, heldOut].map((text) =>
      stories.filter((one) => text.includes(one)),
    );
    expect(inHeldOut?.length).toBeGreaterThan(0);
    expect((inTrain?.length ?? 0) + (inHeldOut?.length ?? 0)).toBe(60);
    expect(train.length + heldOut.length).toBe(stories.join("").length);
    expect(manifest).toMatchObject({
      files: 60,
      documents: 60,
      skipped: {},
      vocabulary: 300,
      bos: 0,
      train: { documents: inTrain?.length },
      heldOut: { documents: inHeldOut?.length },
    });
    expect(manifest.train.contexts).toBe(Math.floor(manifest.train.tokens / 31));
    expect(manifest.bytesPerToken).toBeGreaterThan(1.5);
    expect((await readdir(join(folder, "corpus"))).sort()).toEqual([
      "corpus.json",
      "held-out.u16",
      "tokenizer.json",
      "train.u16",
    ]);
  });

  it("keeps what is held out from the training of the tokenizer", async () => {
    await mkdir(join(folder, "texts"));
    // A word of its own for each document, often enough to become a token.
    const own = (i: number) => `${"bdfghjkl"[i % 8]}${"mnpqrvwx"[i >> 3]}zyzzyva`;
    for (let i = 0; i < 60; i++) {
      await writeFile(join(folder, "texts", `${i}.txt`), story(i) + ` ${own(i)}`.repeat(20));
    }
    await prepareCorpus(request({ vocabulary: 1000 }));
    const path = join(folder, "corpus", "tokenizer.json");
    const tokenizer = parseTokenizer(JSON.parse(await readFile(path, "utf8")));
    const { train } = await textsOf(join(folder, "corpus"));
    const known = [0, 0];
    for (let i = 0; i < 60; i++) {
      const isToken = tokenizer.encode(` ${own(i)}`).length === 1;
      expect(isToken).toBe(train.includes(own(i)));
      known[isToken ? 0 : 1] = (known[isToken ? 0 : 1] ?? 0) + 1;
    }
    expect(Math.min(...known)).toBeGreaterThan(0);
  });

  it("gives the same bytes again, and others for other text", async () => {
    await putStories(30);
    const first = await prepareCorpus(request());
    const second = await prepareCorpus(request({ out: join(folder, "second") }));
    expect(second).toEqual(first);
    await writeFile(join(folder, "texts", "0.txt"), story(1000));
    const third = await prepareCorpus(request({ out: join(folder, "third") }));
    expect(third.hash).not.toBe(first.hash);
  });

  it("counts what it leaves out", async () => {
    await putStories(20);
    const licence = `# ${"This licence text stands at the head of each and every file. ".repeat(4)}\n\n`;
    for (let i = 0; i < 5; i++) {
      await writeFile(join(folder, "texts", `licensed-${i}.md`), licence + story(100 + i));
    }
    await writeFile(join(folder, "texts", "copy.txt"), `${story(3)}\r\n\r\n`);
    await writeFile(join(folder, "texts", "empty.txt"), "\n");
    await writeFile(join(folder, "texts", "junk.txt"), new Uint8Array(50));
    await symlink(join(folder, "texts", "copy.txt"), join(folder, "texts", "link.txt"));
    const manifest = await prepareCorpus(request());
    expect(manifest).toMatchObject({
      files: 28,
      documents: 25,
      skipped: { duplicate: 1, empty: 1, binary: 1, link: 1 },
      repeatedBlocks: { blocks: 3, characters: 3 * licence.length },
    });
  });

  it("holds out the end of a document that is alone", async () => {
    await mkdir(join(folder, "texts"));
    const text = Array.from({ length: 40 }, (_, i) => story(i).trimEnd()).join("\n\n");
    await writeFile(join(folder, "texts", "book.txt"), text);
    await prepareCorpus(request());
    const { train, heldOut } = await textsOf(join(folder, "corpus"));
    expect(`${train}${heldOut}`).toBe(`${text}\n\n`);
    expect(heldOut.length / text.length).toBeCloseTo(0.1, 1);
  });

  it("uses a tokenizer that it is given", async () => {
    await putStories(20);
    const { vocabulary: _, ...rest } = request({ tokenizer: TOKENIZER });
    const manifest = await prepareCorpus(rest);
    expect(manifest.vocabulary).toBe(4096);
    const out = join(folder, "corpus", "tokenizer.json");
    expect(await readFile(out)).toEqual(await readFile(TOKENIZER));
    const { train } = await textsOf(join(folder, "corpus"));
    expect(train).toMatch(/^[ \w.\n]+$/);
    const refused = await failureOf(
      prepareCorpus(request({ tokenizer: TOKENIZER, out: join(folder, "b") })),
    );
    expect(refused.message).toMatch(/its own vocabulary/);
  });

  it("tells how far it is, stage by stage", async () => {
    await putStories(20);
    const stages: string[] = [];
    let last = 0;
    await prepareCorpus(
      request({
        onProgress: ({ stage, done, total }) => {
          if (stages.at(-1) !== stage) stages.push(stage);
          last = done / total;
        },
      }),
    );
    expect(stages).toEqual(["read", "count", "merge", "encode"]);
    expect(last).toBeCloseTo(1, 2);
  });
});

describe("the folder of a corpus", () => {
  const all = async () => (await readdir(folder)).sort();

  it("is used again for the same request, even if the sources have gone", async () => {
    await putStories(20);
    const first = await prepareCorpus(request());
    await rm(join(folder, "texts"), { recursive: true });
    expect(await prepareCorpus(request())).toEqual(first);
  });

  it("says that it was packed earlier, when, and how to have another", async () => {
    const warnings: string[] = [];
    const onWarning = (message: string) => warnings.push(message);
    await putStories(20);
    const first = await prepareCorpus(request({ onWarning }));
    expect(warnings).toEqual([]);
    await utimes(join(folder, "corpus", "corpus.json"), 0, Date.UTC(2026, 1, 3, 4, 5) / 1000);
    await writeFile(join(folder, "texts", "0.txt"), story(1000));
    expect(await prepareCorpus(request({ onWarning }))).toEqual(first);
    expect(warnings).toEqual([
      `the corpus in ${join(folder, "corpus")} was packed at 2026-02-03 04:05 UTC from its texts as they were then, and is used as it is; to pack them anew, remove it or name another folder`,
    ]);
  });

  it("is used where its sources have moved, and says from where it was packed", async () => {
    const warnings: string[] = [];
    const onWarning = (message: string) => warnings.push(message);
    await putStories(20);
    const first = await prepareCorpus(request());
    await mkdir(join(folder, "elsewhere"));
    await rename(join(folder, "texts"), join(folder, "elsewhere", "texts"));
    const sources = [join(folder, "elsewhere", "texts")];
    expect(await prepareCorpus(request({ sources, onWarning }))).toEqual(first);
    expect(warnings).toEqual([
      expect.stringContaining(`from ${join(folder, "texts")}, not ${sources}, as they were then`),
    ]);
    const others = [join(folder, "elsewhere")];
    expect((await failureOf(prepareCorpus(request({ sources: others })))).message).toContain(
      "holds a corpus of another request: sources is",
    );
  });

  it("holds out the share that recipes do unless told otherwise", async () => {
    await putStories(20);
    const { heldOut: _, ...rest } = request();
    const { heldOut } = (await prepareCorpus(rest)).request;
    expect(heldOut).toBe(DEFAULT_RECIPE.corpus.heldOut);
  });

  it("is refused for another request, with what differs", async () => {
    await putStories(20);
    await prepareCorpus(request());
    const error = await failureOf(prepareCorpus(request({ vocabulary: 290, n_ctx: 16 })));
    expect(error.code).toBe("bad-spec");
    expect(error.message).toContain(
      "vocabulary is 300 there and 290 here; n_ctx is 32 there and 16 here",
    );
  });

  it.each(["train.u16", "tokenizer.json"])("is refused with a damaged %s", async (name) => {
    await putStories(20);
    await prepareCorpus(request());
    await truncate(join(folder, "corpus", name), 100);
    const error = await failureOf(prepareCorpus(request()));
    expect(error.code).toBe("bad-file");
    expect(error.message).toContain(name);
  });

  it("is not made over something else", async () => {
    await putStories(20);
    await mkdir(join(folder, "corpus"));
    await writeFile(join(folder, "corpus", "mine.txt"), "mine");
    expect((await failureOf(prepareCorpus(request()))).message).toMatch(/not empty/);
    const file = join(folder, "texts", "1.txt");
    expect((await failureOf(prepareCorpus(request({ out: file })))).code).toBe("unwritable");
    expect(await readFile(file, "utf8")).toBe(story(1));
  });

  it("is the other's where two commands prepare it at once", async () => {
    await putStories(20);
    const first = await prepareCorpus(request({ out: join(folder, "first") }));
    const second = await prepareCorpus(
      request({
        // The other is done while this one still encodes.
        onProgress: ({ stage, done }) => {
          if (stage === "encode" && done > 0) {
            cpSync(join(folder, "first"), join(folder, "corpus"), { recursive: true });
          }
        },
      }),
    );
    expect(second).toEqual(first);
    expect(await all()).toEqual(["corpus", "first", "texts"]);
  });

  it("is not made over what came there meanwhile", async () => {
    await putStories(20);
    await prepareCorpus(request({ out: join(folder, "other"), vocabulary: 290 }));
    const meanwhile = (appear: () => void) =>
      failureOf(
        prepareCorpus(request({ onProgress: ({ stage }) => stage === "merge" && appear() })),
      );
    const another = await meanwhile(() =>
      cpSync(join(folder, "other"), join(folder, "corpus"), { recursive: true }),
    );
    expect(another.message).toContain("vocabulary is 290 there and 300 here");
    await rm(join(folder, "corpus"), { recursive: true });
    const mine = join(folder, "corpus", "mine.txt");
    const none = await meanwhile(() => {
      mkdirSync(join(folder, "corpus"), { recursive: true });
      writeFileSync(mine, "mine");
    });
    expect(none).toMatchObject({ code: "bad-spec", message: expect.stringContaining("not empty") });
    expect(await readFile(mine, "utf8")).toBe("mine");
    expect(await all()).toEqual(["corpus", "other", "texts"]);
  });

  it("takes the place of an empty folder", async () => {
    await putStories(20);
    await mkdir(join(folder, "corpus"));
    await prepareCorpus(request());
    expect(await readdir(join(folder, "corpus"))).toHaveLength(4);
  });

  it.each(["read", "count", "merge", "encode"])(
    "is not there, nor any part of it, after a stop in %s",
    async (stage) => {
      await putStories(20);
      // Enough for several turns of the event loop in each stage.
      for (let i = 0; i < 4; i++) {
        await writeFile(join(folder, "texts", `long-${i}.txt`), story(1000 + i, 80_000));
      }
      const controller = new AbortController();
      const stopped = prepareCorpus(
        request({
          signal: controller.signal,
          onProgress: (progress) => {
            if (progress.stage === stage) controller.abort();
          },
        }),
      );
      expect((await failureOf(stopped)).code).toBe("cancelled");
      expect(await all()).toEqual(["texts"]);
    },
  );

  it("is stopped among files of which nothing is taken", async () => {
    await putStories(1);
    await mkdir(join(folder, "junk"));
    for (let i = 0; i < 2000; i++) writeFileSync(join(folder, "junk", `${i}.txt`), "");
    const controller = new AbortController();
    let files = 0;
    const stopped = prepareCorpus(
      request({
        sources: [join(folder, "junk"), join(folder, "texts")],
        signal: controller.signal,
        onProgress: () => {
          if (files++ === 0) setImmediate(() => controller.abort()); // as Ctrl-C comes
        },
      }),
    );
    expect((await failureOf(stopped)).code).toBe("cancelled");
    expect(files).toBeLessThan(1000);
  });

  it("is begun anew after a run that was killed", async () => {
    await putStories(20);
    const left = join(folder, `.corpus.${process.pid}.incomplete`);
    const dead = join(folder, ".corpus.999999999.incomplete");
    for (const path of [left, dead]) {
      await mkdir(path);
      await writeFile(join(path, "documents"), "half");
    }
    await prepareCorpus(request());
    expect(await all()).toEqual(["corpus", "texts"]);
  });

  it("is not there when there is too little text", async () => {
    await putStories(1);
    const small = await failureOf(prepareCorpus(request({ n_ctx: 4000 })));
    expect(small.message).toMatch(/too little text: \d+ tokens to/);
    await writeFile(join(folder, "texts", "0.txt"), "");
    const none = await failureOf(prepareCorpus(request()));
    expect(none.message).toMatch(/nothing in 1 files is text to train on \(skipped: empty: 1\)/);
    expect(await all()).toEqual(["texts"]);
  });
});

describe("a request", () => {
  it.each<[string, Partial<PrepareCorpusOptions>]>([
    ["no source", { sources: [] }],
    ["an extension without a dot", { extensions: ["py"] }],
    ["a context of one", { n_ctx: 1 }],
    ["nothing held out", { heldOut: 0 }],
    ["everything held out", { heldOut: 1 }],
    ["no bytes", { mostBytes: 0 }],
    ["more bytes than a string has", { mostBytes: 500_000_001 }],
  ])("is refused with %s", async (_, options) => {
    const error = await failureOf(prepareCorpus(request(options)));
    expect(error.code).toBe("bad-spec");
  });

  it("is refused with a source that is not there, or a vocabulary that cannot be", async () => {
    expect((await failureOf(prepareCorpus(request()))).code).toBe("not-found");
    await putStories(20);
    expect((await failureOf(prepareCorpus(request({ vocabulary: 20 })))).code).toBe("bad-config");
    expect((await failureOf(prepareCorpus(request({ tokenizer: "nowhere" })))).code).toBe(
      "not-found",
    );
  });
});

describe("openPackedTokens", () => {
  let manifest: CorpusManifest;

  beforeEach(async () => {
    await putStories(30);
    manifest = await prepareCorpus(request());
  });

  it("reads contexts from the file as they lie in it", async () => {
    const bytes = await readFile(join(folder, "corpus", "train.u16"));
    const stream = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
    const { train, close } = await openPackedTokens(join(folder, "corpus"));
    expect(train.tokens).toBe(manifest.train.tokens);
    expect(train.contexts(32)).toBe(manifest.train.contexts);
    const last = train.contexts(32) - 1;
    const ids = train.read([last, 0, last], 32);
    for (const [row, index] of [last, 0, last].entries()) {
      const expected = [0, ...stream.subarray(31 * index, 31 * (index + 1))];
      expect([...ids.subarray(32 * row, 32 * (row + 1))]).toEqual(expected);
    }
    expect(() => train.read([last + 1], 32)).toThrow(LookbackError);
    close();
    close();
  });

  it("refuses a folder without a corpus, and one with a file that was cut off", async () => {
    expect((await failureOf(openPackedTokens(folder))).code).toBe("not-found");
    await truncate(join(folder, "corpus", "held-out.u16"), 10);
    const error = await failureOf(openPackedTokens(join(folder, "corpus")));
    expect(error.message).toMatch(/held-out\.u16 has 10 bytes instead of/);
  });

  it("refuses a manifest of another version", async () => {
    await writeFile(join(folder, "corpus", "corpus.json"), '{"format": 99}');
    expect((await failureOf(openPackedTokens(join(folder, "corpus")))).message).toMatch(
      /format 99/,
    );
  });
});
