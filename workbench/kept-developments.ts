/** @file How bundled models came to be, for the story: what is drawn of the logs of their training. */

import { existsSync, readFileSync } from "node:fs";
import type { Plugin } from "vite";
import { developmentLog } from "../src/cli/development-log.ts";
import { parseConfig } from "../src/model/config.ts";
import { DEVELOPMENTS } from "./src/story/development.ts";
import { keptDevelopment } from "./src/story/kept-development.ts";

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
  const config = readFileSync(new URL(`${name}/config.json`, MODELS), "utf8");
  return JSON.stringify(keptDevelopment(looks, parseConfig(JSON.parse(config))));
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
