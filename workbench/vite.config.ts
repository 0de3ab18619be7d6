/** @file The build: a static site for any host, with the bundled models and a list of its own files. */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";
import { CONTENT_SECURITY_POLICY, ISOLATION_HEADERS } from "../src/cli/workbench-policy.ts";
import { DEFAULT_MODEL } from "../src/loading/default-model.ts";
import { keptDevelopments, keptRuns } from "./kept-developments.ts";
import { ABOUT, SITE_TEXTS } from "./site-texts.ts";

const ICON = new URL("public/icon.svg", import.meta.url);
const MODELS = new URL("../models/", import.meta.url);
const CARD = "README.md";
const MODEL_FILES = ["config.json", "model.safetensors", "tokenizer.json", CARD];

/** Bundled models, the default first. */
const modelNames = readdirSync(MODELS, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort((a, b) => Number(b === DEFAULT_MODEL) - Number(a === DEFAULT_MODEL) || (a < b ? -1 : 1));

/** Serves the bundled models under `models/`, and puts them into the built site. */
function bundledModels(): Plugin {
  return {
    name: "lookback-models",
    configureServer(server) {
      server.middlewares.use("/models/", (request, response, next) => {
        const [name = "", file = ""] = (request.url ?? "").slice(1).split("/");
        if (!modelNames.includes(name) || !MODEL_FILES.includes(file)) return next();
        response.end(readFileSync(new URL(`${name}/${file}`, MODELS)));
      });
    },
    generateBundle() {
      for (const name of modelNames) {
        for (const file of MODEL_FILES) {
          const source = readFileSync(new URL(`${name}/${file}`, MODELS));
          this.emitFile({ type: "asset", fileName: `models/${name}/${file}`, source });
        }
      }
    },
  };
}

/** The first line of a model's card: its name, and what it is. */
function headingOf(name: string): string {
  const card = readFileSync(new URL(`${name}/${CARD}`, MODELS), "utf8");
  return card.split("\n", 1)[0]?.replace(/^#\s*/, "") ?? name;
}

/** Serves texts about Lookback under `about/`, and puts them into the built site. */
function siteTexts(): Plugin {
  const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
  return {
    name: "lookback-site-texts",
    configureServer(server) {
      for (const { name, path } of SITE_TEXTS) {
        server.middlewares.use(`/${ABOUT}/${name}`, (_, response) => response.end(read(path)));
      }
    },
    generateBundle() {
      for (const { name, path } of SITE_TEXTS) {
        this.emitFile({ type: "asset", fileName: `${ABOUT}/${name}`, source: read(path) });
      }
    },
  };
}

/** Chapters of the sample to train on: a small model has seen them all after a minute. */
const SAMPLE_CHAPTERS = 20;
const SAMPLE = "samples/moby-dick.txt";

function sampleText(): string {
  const lines = readFileSync(new URL("../recipes/text/moby-dick.jsonl", import.meta.url), "utf8");
  const chapters = lines.split("\n", SAMPLE_CHAPTERS).map((line) => JSON.parse(line).text);
  return `${chapters.join("\n\n")}\n`;
}

/** The text that the page offers to train on; it is fetched when somebody wants to. */
function sample(): Plugin {
  return {
    name: "lookback-sample",
    configureServer(server) {
      server.middlewares.use(`/${SAMPLE}`, (_, response) => response.end(sampleText()));
    },
    generateBundle() {
      this.emitFile({ type: "asset", fileName: SAMPLE, source: sampleText() });
    },
  };
}

/** Writes the policy into the page. Not while developing: Vite's own client needs more. */
function contentSecurityPolicy(): Plugin {
  return {
    name: "lookback-policy",
    apply: "build",
    transformIndexHtml: () => [
      {
        tag: "meta",
        attrs: { "http-equiv": "Content-Security-Policy", content: CONTENT_SECURITY_POLICY },
        injectTo: "head-prepend",
      },
    ],
  };
}

/**
 * Tells the service worker which files make up the page, and which it keeps only once they are used: the
 * models that are not the default, and the sample to train on. And the site's version, which is another
 * whenever any file of it is.
 */
function siteFiles(): Plugin {
  const isLater = (file: string) =>
    file === SAMPLE || (file.startsWith("models/") && !file.startsWith(`models/${DEFAULT_MODEL}/`));
  return {
    name: "lookback-site-files",
    apply: "build",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        const files = Object.keys(bundle).filter(
          (file) => file !== "service-worker.js" && file !== "index.html" && !file.endsWith(".map"),
        );
        const worker = bundle["service-worker.js"];
        if (worker?.type !== "chunk") throw new Error("there is no service worker in the build");
        const literal = (list: readonly string[]) => JSON.stringify(JSON.stringify(list));
        const atOnce = ["./", "icon.svg", ...files.filter((file) => !isLater(file))];
        const version = createHash("sha256").update(readFileSync(ICON));
        for (const name of Object.keys(bundle).sort()) {
          const file = bundle[name];
          version.update(name).update(file?.type === "chunk" ? file.code : (file?.source ?? ""));
        }
        worker.code = worker.code
          .replace(/["'`]__SITE_FILES__["'`]/, () => literal(atOnce))
          .replace(/["'`]__LATER_FILES__["'`]/, () => literal(files.filter(isLater)))
          .replace("__SITE_VERSION__", version.digest("hex").slice(0, 16));
      },
    },
  };
}

export default defineConfig({
  root: new URL(".", import.meta.url).pathname,
  base: "./",
  plugins: [
    svelte(),
    bundledModels(),
    keptDevelopments(modelNames),
    sample(),
    siteTexts(),
    contentSecurityPolicy(),
    siteFiles(),
  ],
  define: {
    __BUNDLED_MODELS__: JSON.stringify(modelNames),
    __MODEL_HEADINGS__: JSON.stringify(
      Object.fromEntries(modelNames.map((name) => [name, headingOf(name)])),
    ),
    __KEPT_RUNS__: JSON.stringify(keptRuns(modelNames)),
  },
  server: { host: "127.0.0.1", headers: { ...ISOLATION_HEADERS } },
  worker: { format: "es" },
  build: {
    outDir: "../dist/workbench",
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 4000, // kB; the worker has the library and the model's code in one file
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: {
        index: new URL("index.html", import.meta.url).pathname,
        "service-worker": new URL("src/service-worker/service-worker.ts", import.meta.url).pathname,
      },
      output: {
        entryFileNames: ({ name }) =>
          name === "service-worker" ? "service-worker.js" : "assets/[name]-[hash].js",
      },
    },
  },
});
