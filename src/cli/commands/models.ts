/** @file `lookback models`: what can be given to `--model` by name. */

import { Command } from "commander";
import { listModels, type ModelListing } from "../../node/read-model.ts";
import { deliver, deliveryOf } from "../deliver.ts";
import { type CommonOptions, withCommonOptions } from "../options.ts";
import { textTable } from "../text-table.ts";

function millions(parameters: number): string {
  return `${(parameters / 1e6).toFixed(1)} M`;
}

function listingText({ bundled, known }: ModelListing): string {
  const bundledRows = bundled.map(({ name, parameters, title, isDefault }) => [
    isDefault ? `${name} (default)` : name,
    millions(parameters),
    title.replace(`${name}: `, ""),
  ]);
  const knownRows = known.map(({ name, cached, description }) => [
    name,
    cached ? "here" : "hub",
    description,
  ]);
  const left = { left: [0, 1, 2] };
  return [
    textTable(["bundled", "weights", ""], bundledRows, left),
    "\n",
    textTable(["known", "files", ""], knownRows, left),
    "\nAlso a folder with config.json and weights, or any hub id owner/name.\n",
  ].join("");
}

/** Makes the command. */
export function modelsCommand(): Command {
  const command = new Command("models").description("list the models that have a name here");
  return withCommonOptions(command, {
    seed: "as for the other commands; nothing is drawn here",
    out: "write the list to this file, as JSON",
  }).action(async (options: CommonOptions) => {
    const delivery = deliveryOf(options);
    const listing = await listModels();
    await deliver(listing, () => listingText(listing), delivery);
  });
}
