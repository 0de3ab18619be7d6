/** @file How bundled models came to be, for the story: what is drawn of the logs of their training. */

import { existsSync, readFileSync } from "node:fs";
import type { Plugin } from "vite";
import { aboutRun, developmentLog } from "../src/cli/development-log.ts";
import { runDevelopment } from "../src/development/development.ts";
import { isAskedBothWays, lengthAnswers } from "../src/development/length-answers.ts";
import { parseConfig } from "../src/model/config.ts";
import { eventText } from "../src/report/development/words.ts";
import { seenIn } from "./src/runs/run-log.ts";
import { DEVELOPMENTS, type KeptDevelopment } from "./src/story/development.ts";

const MODELS = new URL("../models/", import.meta.url);
const RUNS = new URL("../recipes/runs/", import.meta.url);

const logOf = (name: string) => new URL(`${name}/log.jsonl`, RUNS);

/** What is drawn of a log, as JSON. */
function development(name: string): string {
  const lines = readFileSync(logOf(name), "utf8").trimEnd().split("\n");
  const { looks } = developmentLog(
    lines.map((line) => JSON.parse(line)),
    `the log of ${name}`,
  );
  const config = parseConfig(
    JSON.parse(readFileSync(new URL(`${name}/config.json`, MODELS), "utf8")),
  );
  const about = aboutRun(config, null);
  const { order } = runDevelopment({ name, about, counts: "tokens", looks, losses: [] });
  const drawn = looks.filter((look) => isAskedBothWays([look]));
  const seen = drawn.map((look) => seenIn(look.step ?? 0, look));
  const kept: KeptDevelopment = {
    tokens: drawn.map(({ tokens }) => tokens),
    best: {
      previousToken: seen.map(({ previousToken }) => previousToken),
      lookBack: seen.map(({ lookBack }) => lookBack),
      induction: seen.map(({ induction }) => induction),
    },
    lengths: (drawn[0]?.lengths ?? []).map(({ length }) => ({
      length,
      answers: lengthAnswers(drawn, length).map(({ estimate: { mean, ci95 } }) => ({
        mean,
        low: ci95[0],
        high: ci95[1],
      })),
    })),
    events: order
      .filter((event) => event.kind === "length" || (event.kind === "head" && event.rank === 1))
      .map((event) => ({ text: eventText(event), tokens: event.tokens })),
  };
  return JSON.stringify(kept);
}

/** Of these models, those whose log is kept. */
export function keptRuns(names: readonly string[]): string[] {
  return names.filter((name) => existsSync(logOf(name)));
}

/** Serves the developments of models under `developments/`, and puts them into the built site. */
export function keptDevelopments(names: readonly string[]): Plugin {
  const kept = keptRuns(names);
  return {
    name: "lookback-developments",
    configureServer(server) {
      server.middlewares.use(`/${DEVELOPMENTS}/`, (request, response, next) => {
        const name = (request.url ?? "").slice(1).replace(/\.json$/, "");
        if (!kept.includes(name)) return next();
        response.end(development(name));
      });
    },
    generateBundle() {
      for (const name of kept) {
        const fileName = `${DEVELOPMENTS}/${name}.json`;
        this.emitFile({ type: "asset", fileName, source: development(name) });
      }
    },
  };
}
