/**
 * @file A session as command lines: those that give the same numbers in a terminal. Where a session does
 * what no command does, there is none.
 */

import { headLabel } from "../model/heads.ts";
import { parsePattern } from "../prompts/pattern.ts";
import { shellWord } from "../shell-word.ts";
import type { PatchMatrixOptions } from "./patch-matrix.ts";
import type { Session } from "./session.ts";
import type { Intervention, PromptSource, SessionSpec } from "./spec.ts";
import { type TableAxis, tableSweep } from "./table-sweep.ts";

/** A command line that gives what a session shows. */
export interface SessionCommand {
  readonly shows: "prompts" | "attention" | "answer" | "matrix" | "table";
  /** For a shell. */
  readonly command: string;
  /** Where in the JSON that it prints the numbers stand. */
  readonly at: string;
  /** What is taken from these for those that the session shows; absent where they are the same. */
  readonly less?: number;
  /** A file that it reads, to be written first. */
  readonly file?: { readonly name: string; readonly text: string };
}

/** What is looked at beside attention and answer. */
export interface CommandViews {
  readonly matrix?: Pick<PatchMatrixOptions, "component" | "by" | "direction">;
  readonly table?: TableAxis;
  /** What `--model` is given. Default the model's name, which a bundled model or one of the hub has. */
  readonly model?: string;
}

type CommandModel = {
  readonly model: Pick<Session["model"], "name" | "processing" | "device" | "config">;
  readonly bos: number;
};

function line(...words: readonly (string | number)[]): string {
  return ["lookback", ...words].map((word) => shellWord(String(word))).join(" ");
}

type Words = readonly (string | number)[];

/** The options that say which model runs, and how. */
function modelWords({ model }: CommandModel, name: string | undefined): Words {
  return [
    ...["--model", name ?? model.name],
    ...(model.processing === "none" ? [] : ["--processing", model.processing]),
    ...(model.device === "wasm" ? [] : ["--device", model.device]),
  ];
}

function bosWords({ model, bos }: CommandModel): Words {
  return model.config.bos_token_id === bos ? [] : ["--bos", bos];
}

/**
 * The command lines that give the numbers of a session.
 *
 * @example
 * sessionCommands(session, spec).map(({ command }) => command)
 * // lookback decompose --of logits --length 3 --batch 64 --seed 0 --model standard-2l --json
 */
export function sessionCommands(
  session: CommandModel,
  spec: SessionSpec,
  { matrix, table, model }: CommandViews = {},
): SessionCommand[] {
  const named = modelWords(session, model);
  const tail = [...named, ...bosWords(session), "--json"];
  const commands: SessionCommand[] = [];
  const add = (shows: SessionCommand["shows"], at: string, ...words: Words) =>
    commands.push({ shows, at, command: line(...words, ...tail) });

  const drawn = promptWords(spec);
  if (drawn !== null) {
    // Which tokens are drawn depends on the model's vocabulary alone.
    const words = ["--model", model ?? session.model.name, ...bosWords(session), "--json"];
    commands.push({ shows: "prompts", at: "tokens", command: line("prompts", ...drawn, ...words) });
  }
  const ran = activationWords(spec);
  if (ran !== null && spec.interventions.length === 0) {
    const names = ["--names", "blocks.*.attn.hook_pattern"];
    const mode = spec.mode === "total" ? [] : ["--mode", spec.mode];
    add("attention", "activations", "activations", ...ran, ...names, ...mode);
  }
  const pair = pairWords(spec.prompt);
  if (pair !== null && spec.answers === null && spec.mode === "total") {
    addAnswer(add, spec, pair);
    if (matrix !== undefined && spec.interventions.length === 0) {
      const { component, by, direction } = matrix;
      const what = ["--component", component, "--by", by, "--direction", direction];
      const words = [...pair.words, ...pair.side, ...what, ...tail];
      commands.push({
        shows: "matrix",
        at: "normalised",
        // It counts from the corrupted run, and what a patch changes from the run without it: the clean one.
        ...(direction === "noise" && { less: 1 }),
        command: line("patch", ...words),
      });
    }
  }
  const sweep = table && tableSweep(spec, table);
  if (sweep != null) {
    const file = { name: "spec.json", text: `${JSON.stringify(sweep)}\n` };
    commands.push({
      shows: "table",
      at: "rows",
      command: line("sweep", file.name, ...tail),
      file,
    });
  }
  return commands;
}

/** What a session shows that no command gives: of the views that there are, those without one. */
export function withoutCommand(
  { prompt }: Pick<SessionSpec, "prompt">,
  { matrix, table }: Pick<CommandViews, "matrix" | "table">,
  commands: readonly Pick<SessionCommand, "shows">[],
): SessionCommand["shows"][] {
  const isPaired = prompt.kind === "repeated" || (prompt.corrupted ?? null) !== null;
  const shown: readonly SessionCommand["shows"][] = [
    ...(prompt.kind === "text" ? [] : (["prompts"] as const)), // a text says itself what it is
    "attention",
    "answer",
    ...(matrix !== undefined && isPaired ? (["matrix"] as const) : []),
    ...(table !== undefined && prompt.kind === "repeated" ? (["table"] as const) : []),
  ];
  return shown.filter((view) => !commands.some(({ shows }) => shows === view));
}

/** The answer, where one command has it: of the run as it is, with one patch, or with heads ablated alike. */
function addAnswer(
  add: (shows: SessionCommand["shows"], at: string, ...words: Words) => void,
  { runs, interventions }: SessionSpec,
  { words, side }: PairWords,
): void {
  const [first] = interventions;
  if (first === undefined) {
    if (runs === "clean") add("answer", "total", "decompose", "--of", "logits", ...words);
    else add("answer", "corrupted", "patch", ...words, ...side);
    return;
  }
  if (interventions.length === 1 && first.kind === "patch") {
    const { component, head, position } = first;
    const by = position === null ? "head" : "head-position";
    const place = [head.layer, ...(position === null ? [] : [position]), head.head];
    const direction = runs === "clean" ? "noise" : "denoise";
    const what = ["--component", component, "--by", by, "--direction", direction];
    add("answer", `values[${place.join("][")}]`, "patch", ...words, ...side, ...what);
    return;
  }
  const ablated = ablatedAlike(interventions);
  if (ablated === null || runs !== "clean") return;
  const from = ablated.by === "resample" ? ["--resample-from", "batch"] : [];
  const what = ["--kind", ablated.by, ...from, "--heads", ablated.heads.join(",")];
  add("answer", "lengths[0].entries[0].ablated", "ablate", ...words, ...what);
}

/** Heads that are ablated in one way, at all positions; null for anything else. */
function ablatedAlike(interventions: readonly Intervention[]) {
  const [first] = interventions;
  if (first?.kind !== "ablate") return null;
  const { by } = first;
  const alike = interventions.every(
    (each) => each.kind === "ablate" && each.by === by && each.position === null,
  );
  return alike
    ? { by, heads: [...new Set(interventions.map(({ head }) => headLabel(head)))] }
    : null;
}

/** What draws a pair of prompts. */
interface PairWords {
  readonly words: Words;
  readonly side: Words;
}

/** Repeated sequences that stand close together, as most commands draw them; null for other prompts. */
function pairWords(prompt: PromptSource): PairWords | null {
  if (prompt.kind !== "repeated" || !isPlain(prompt)) return null;
  const { length, batch, seed, side } = prompt;
  return {
    words: ["--length", length, "--batch", batch, "--seed", seed],
    side: side === "query" ? [] : ["--side", side],
  };
}

function isPlain(prompt: Extract<PromptSource, { kind: "repeated" }>): boolean {
  const { order = "first-second", gap = 0, distance = 0 } = prompt;
  return order === "first-second" && gap === 0 && distance === 0;
}

/** What draws the clean prompts; null where no options do. */
function promptWords({ prompt }: SessionSpec): Words | null {
  switch (prompt.kind) {
    case "text":
      return null;
    case "pattern":
      return patternWords(prompt);
    case "repeated": {
      const { order = "first-second", gap = 0, distance = 0 } = prompt;
      if (gap > 0 || distance > 0) return null;
      const { length, batch, seed } = prompt;
      const ordered = order === "first-second" ? [] : ["--order", order];
      return ["--length", length, "--batch", batch, "--seed", seed, ...ordered];
    }
  }
}

function patternWords(prompt: Extract<PromptSource, { kind: "pattern" }>): Words | null {
  const { pattern, corrupted = null, batch, seed } = prompt;
  const variables = (source: string) => parsePattern(source).variables.length;
  // Tokens that the corrupted pattern alone has are drawn together with the others.
  const both = corrupted === null ? pattern : `${pattern.split("?")[0]} ${corrupted}`;
  if (variables(both) !== variables(pattern)) return null;
  return ["--pattern", pattern, "--batch", batch, "--seed", seed];
}

/** What `lookback activations` runs on; null where it draws no such prompts. */
function activationWords({ prompt, runs }: SessionSpec): Words | null {
  if (prompt.kind === "text") {
    const text = runs === "clean" ? prompt.text : prompt.corrupted;
    return text === null ? null : ["--text", text];
  }
  return prompt.kind === "pattern" && runs === "clean" ? patternWords(prompt) : null;
}
