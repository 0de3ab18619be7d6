import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { DEFAULT_MODEL } from "../loading/default-model.ts";
import { bundledFolder, bundledModels, bundledNames } from "./bundled.ts";
import { readModelFolder } from "./model-folder.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const names = await bundledNames();

it("finds the models of this package, the default first", async () => {
  expect(names).toEqual([
    "standard-2l",
    "shortformer-2l",
    "standard-2l-natural",
    "standard-2l-seed2",
    "standard-2l-seed3",
    "standard-2l-seed4",
    "standard-3l",
  ]);
  expect(await bundledFolder(DEFAULT_MODEL)).toBe(join(root, "models", DEFAULT_MODEL));
  expect(await readFile(join(root, "models/README.md"), "utf8")).toContain(
    `The default for \`--model\` is **\`${DEFAULT_MODEL}\`**`,
  );
});

it("describes them by their cards", async () => {
  const models = await bundledModels();
  expect(models.filter(({ isDefault }) => isDefault).map(({ name }) => name)).toEqual([
    DEFAULT_MODEL,
  ]);
  expect(models[0]).toMatchObject({
    name: "standard-2l",
    title: "standard-2l: standard positions, text with copied spans, permissive licences",
    parameters: 1_350_144,
  });
  for (const { description } of models) expect(description).toMatch(/^A (two|three)-layer .*\.$/);
});

it.each(names)("the card of %s has the figures of its file", async (name) => {
  const card = await readFile(join(await bundledFolder(name), "README.md"), "utf8");
  const model = await readModelFolder(await bundledFolder(name));
  expect(card).toContain(`SHA-256 of \`model.safetensors\`: \`${model.hash}\``);
  expect(card).toContain(
    `${model.config.n_layers} layers of 8 heads of ${model.config.d_head}, no MLP`,
  );
  expect(model.config.bos_token_id).toBe(0);
  expect(model.tokenizer?.tokenText(0)).toBe("<|BOS|>");

  const expected: { table: { length: number; logit_diff: number; logit_diff_se: number }[] } =
    JSON.parse(await readFile(join(root, `test/fixtures/expected/${name}.json`), "utf8"));
  for (const { length, logit_diff, logit_diff_se } of expected.table) {
    const withInterval = `${logit_diff.toFixed(2)} ± ${(1.96 * logit_diff_se).toFixed(2)}`;
    expect(card.replaceAll("−", "-")).toContain(`| ${length} | ${withInterval} |`);
  }
});
