/** What is wrong with the arguments is said in a line, before any work, with exit code 2. */

import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cli, root, temporaryFolder } from "./run-cli.ts";
import { here } from "./run-here.ts";

describe("wrong arguments", () => {
  it.each<[string[], RegExp]>([
    [["reproduct"], /unknown command 'reproduct'.*reproduce/s],
    [["models", "--jsn"], /unknown option '--jsn'.*--json/s],
    [["models", "extra"], /too many arguments/],
    [["prompts", "--length", "1"], /--length.*2 or more/],
    [["prompts", "--length", "3", "--batch", "0"], /--batch.*1 or more/],
    [["prompts", "--length", "3", "--seed", "-1"], /--seed.*0 to 4294967295/],
    [["prompts", "--length", "3", "--seed", "4294967296"], /--seed/],
    [["prompts"], /--length <n> or --pattern/],
    [["prompts", "--length", "3", "--pattern", "A"], /not both/],
    [["prompts", "--length", "3", "--vocab", "10", "--bos", "10"], /bos must be.*0 to 9/],
    [["prompts", "--pattern", "BOS A %"], /column 7/],
    [["prompts", "--pattern", "BOS X*5 A", "--distinct", "--vocab", "6"], /d_vocab must be/],
    [["patch", "--length", "3", "--model", "standart-2l"], /did you mean "standard-2l"/],
    [["patch", "--length", "3", "--model", "./no/such/folder"], /no\/such\/folder/],
    [["patch", "--length", "3", "--component", "w"], /z, q, k, v/],
    [["patch", "--length", "3", "--component", "attn_out", "--by", "head"], /attn_out.*position/],
    [["patch", "--length", "200"], /256/],
    [["patch", "--length", "3", "--clean", "c.json"], /give all three/],
    [["activations", "--text", "a"], /--names/],
    [["activations", "--names", "*"], /exactly one of/],
    [["activations", "--text", "a", "--pattern", "A", "--names", "*"], /exactly one of/],
    [["activations", "--text", "a", "--names", "blocks.2.attn.hook_z"], /blocks.1.attn.hook_z/],
    [["activations", "--tokens", "none.json", "--names", "*"], /none.json/],
    [["activations", "--pattern", "BOS R*300", "--names", "*"], /256/],
    [["reproduce", "--only", "tabel"], /did you mean "table"/],
    [["reproduce", "--lengths", "1-3"], /2 or more/],
    [
      ["reproduce", "--only", "table", "--batch", "2", "--induction", "L9H9"],
      /unknown head "L9H9"/,
    ],
    [["reproduce", "--verdict", "--batch", "1"], /spec field ".*batch"/],
    [["activations", "--text", "a", "--seed", "1", "--names", "*"], /--seed goes with --pattern/],
    [["activations", "--text", "a", "--batch", "9", "--names", "*"], /--batch goes with --pattern/],
    [["reproduce", "--spec", "none.json"], /--spec none\.json: there is no such file/],
    [
      ["heads", "--model", join(root, "README.md")],
      /the folder of .*README\.md has no config\.json/,
    ],
    [
      ["develop", join(root, "recipes/runs/standard-2l"), "--measure"],
      /standard-2l has no checkpoints that --measure could look at/,
    ],
    [
      ["activations", "--pattern", "BOS A B"],
      /--names says what to save; standard-2l has hook_embed, .*blocks\.\*\.attn\.hook_pattern, .*loss_per_token/,
    ],
    [["activations", "--tokens", "t.json", "--bos", "3", "--names", "*"], /--bos goes with/],
    [["reproduce", "--device", "cpu"], /wasm, webgpu/],
    [["reproduce", "--threads", "0"], /--threads/],
  ])("%j", async (args, message) => {
    const cwd = temporaryFolder();
    // A folder that was made for a report goes with the process.
    const run = args[0] === "reproduce" ? cli : here;
    const { code, stdout, stderr } = await run(args, { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^lookback: /);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain("    at "); // no stack trace
    expect(readdirSync(cwd)).toEqual([]);
  });

  it.each([
    ["[[1, 2], [3]]", /row 1 has 1 token ids and row 0 has 2/],
    ["[[1, 2], [3, 1.5]]", /row 1, column 1/],
    ["[[1, -2]]", /row 0, column 1/],
    ["[1, 2]", /row 0 is wrong/],
    ["[]", /the file is wrong/],
    ["{", /is no JSON/],
    ['{"rows": [[1]]}', /the file is wrong .* or an object that has them as "tokens"/],
    ['{"tokens": [[1, -2]]}', /row 0, column 1/],
    ['{"tokens": [[1, 2]], "read": 2}', /"read" must be a position of the prompts, 0 to 1, got 2/],
    ["[[1, 4096]]", /position 1 holds 4096.*0 to 4095/],
  ])("a token file that holds %s", async (text, message) => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "t.json"), text);
    const args = ["activations", "--tokens", "t.json", "--names", "hook_embed", "--out", "a.st"];
    const { code, stderr } = await cli(args, { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(readdirSync(cwd)).toEqual(["t.json"]);
  });

  it("a patch that changes nothing", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "t.json"), "[[0, 1, 2]]");
    writeFileSync(join(cwd, "a.json"), "[[3, 4]]");
    const args = ["patch", "--clean", "t.json", "--corrupted", "t.json", "--answers", "a.json"];
    const { code, stderr } = await here(args, { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(/would change nothing/);
  });
});

const COMMANDS = [
  ...["reproduce", "verdict", "activations", "patch", "attribute", "path", "ablate", "decompose"],
  ...["heads", "compose", "sweep", "train", "develop", "prompts", "models", "bench"],
];

describe("help", () => {
  it("is printed on stdout when it is asked for", async () => {
    const { code, stdout, stderr } = await cli(["--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const named = Array.from(stdout.matchAll(/^ {2}(\w+) \[options\]/gm), ([, name]) => name);
    // The workbench has a page and no result, and who watches draws nothing at random.
    expect(named.sort()).toEqual([...COMMANDS, "workbench", "watch"].sort());
  });

  it.each(COMMANDS)(
    "of %s names what every command takes, and what its examples use",
    async (name) => {
      const { code, stdout } = await here([name, "--help"]);
      expect(code).toBe(0);
      for (const option of ["--json", "--seed <n>", "--out <"]) expect(stdout).toContain(option);
      const [usage = "", examples = ""] = stdout.split("\nExample");
      for (const [, given = ""] of examples.matchAll(/ (--[\w-]+)/g)) {
        expect(usage).toMatch(new RegExp(`^ +${given} `, "m"));
      }
    },
  );

  it("goes to stderr when no command is given", async () => {
    const { code, stdout, stderr } = await here([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("Usage: lookback");
  });
});
