/** @file What the log of a training run says of its development. */

import { z } from "zod";
import type { AboutRun, PlacedLook, TrainingLoss } from "../development/training-record.ts";
import { LookbackError } from "../errors.ts";
import type { ModelConfig } from "../model/config.ts";
import type { LogLine } from "../node/run/run-log.ts";
import { type Recipe, tokensPerStep, totalSteps } from "../training/recipe.ts";
import { lookLine } from "./look-line.ts";

const lossLine = z.object({ step: z.int(), tokens: z.int(), loss: z.number() });
const stepLine = lossLine.extend({ seconds: z.number() });
const bigramLine = z.object({ step: z.int(), loss: z.number(), entropy: z.number() });

/** A line of training with the time that it had taken. */
export type TimedLoss = z.infer<typeof stepLine>;
export type BigramLine = z.infer<typeof bigramLine>;

/** A log, taken apart. */
export interface DevelopmentLog {
  readonly looks: readonly PlacedLook[];
  readonly steps: readonly TimedLoss[];
  /** The last step of the bigram start. */
  readonly bigrams: BigramLine | null;
}

function parsed<T>(schema: z.ZodType<T>, line: LogLine, where: string): T {
  const found = schema.safeParse(line);
  if (found.success) return found.data;
  const [issue] = found.error.issues;
  throw new LookbackError(
    "bad-file",
    `${where}: a line of kind "${line.kind}" at step ${line.step} is not as this version writes it (${issue?.path.join(".")}: ${issue?.message})`,
  );
}

/**
 * Takes the lines of a log apart.
 *
 * @param where the log, for messages.
 * @throws LookbackError `bad-file` for a line that is not as it should be.
 */
export function developmentLog(lines: readonly LogLine[], where: string): DevelopmentLog {
  const of = (kind: LogLine["kind"]) => lines.filter((line) => line.kind === kind);
  const bigrams = of("bigrams").at(-1);
  return {
    looks: of("look").map((line) => parsed(lookLine, line, where)),
    steps: of("step").map((line) => parsed(stepLine, line, where)),
    bigrams: bigrams === undefined ? null : parsed(bigramLine, bigrams, where),
  };
}

/** Losses without their times. */
export function lossesOf({ steps }: DevelopmentLog): TrainingLoss[] {
  return steps.map(({ step, tokens, loss }) => ({ step, tokens, loss }));
}

/** What a report says of a run beside its looks. */
export function aboutRun(config: ModelConfig, recipe: Recipe | null): AboutRun {
  const { n_layers, n_heads, d_model, d_head, n_ctx, d_vocab, shortformer_pos } = config;
  return {
    model: { n_layers, n_heads, d_model, d_head, n_ctx, d_vocab, shortformer_pos },
    recipe: recipe && {
      name: recipe.name,
      seed: recipe.seed,
      steps: totalSteps(recipe),
      tokensPerStep: tokensPerStep(recipe),
      copies: recipe.copies,
      extension: recipe.extension && { from: recipe.steps, copies: recipe.extension.copies },
    },
  };
}
