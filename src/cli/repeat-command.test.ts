import { Command } from "commander";
import { expect, it } from "vitest";
import { repeatCommand } from "./repeat-command.ts";

/** What a command says of itself that was given these words. */
function repeated(...words: string[]): string {
  const command = new Command("judge")
    .argument("[paths...]")
    .option("--batch <n>", "", "100")
    .option("--model <names...>")
    .option("--fresh")
    .option("--no-colour")
    .option("--out <folder>");
  command.parse(words, { from: "user" });
  return repeatCommand(command);
}

it("has the arguments and options that were given, with their values", () => {
  expect(repeated("runs/a", "--batch", "7", "--model", "x", "it's y")).toBe(
    "lookback judge runs/a --batch 7 --model x 'it'\\''s y'",
  );
});

it("leaves out defaults and what changes no result", () => {
  expect(repeated("--out", "here")).toBe("lookback judge");
});

it("is taken by the command that it repeats, flags without a value", () => {
  const line = repeated("--fresh", "--no-colour", "--batch", "7");
  expect(line).toBe("lookback judge --batch 7 --fresh --no-colour");
  expect(repeated(...line.split(" ").slice(2))).toBe(line);
});
